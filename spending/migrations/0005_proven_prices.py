import core.db.dollars_field
from django.db import migrations, models


def measure_anew(apps, schema_editor):
    """Let the worker try each measured price against the runs that it was measured from."""
    alias = schema_editor.connection.alias
    measured = apps.get_model("spending", "MeasuredPrice").objects.using(alias)
    queue = apps.get_model("spending", "UnmeasuredRun")
    queue.objects.using(alias).bulk_create(
        queue(endpoint_id=pk) for pk in measured.values_list("endpoint_id", flat=True)
    )


class Migration(migrations.Migration):
    dependencies = [
        ("spending", "0004_budget_is_by_admin"),
    ]

    operations = [
        migrations.AddField(
            model_name="budgetrequest",
            name="planned",
            field=core.db.dollars_field.DollarsField(
                default=0,
                help_text="of that press: what steps of its plan may still start above it",
            ),
        ),
        migrations.AddField(
            model_name="measuredprice",
            name="agreed",
            field=models.DecimalField(
                decimal_places=4,
                help_text="the difference up to which an admin has agreed; empty: nobody was asked",
                max_digits=14,
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="measuredprice",
            name="awaits_yes",
            field=models.BooleanField(
                default=False,
                help_text="it is so far above the list price that an admin agrees first",
            ),
        ),
        migrations.AlterField(
            model_name="budgetrequest",
            name="used_at",
            field=models.DateTimeField(help_text="by a press above the ceiling", null=True),
        ),
        migrations.AlterField(
            model_name="spendingrules",
            name="ceiling",
            field=core.db.dollars_field.DollarsField(
                blank=True,
                help_text="only admins start runs that may cost more together; empty: none",
                null=True,
                verbose_name="ceiling",
            ),
        ),
        migrations.RunPython(measure_anew, migrations.RunPython.noop),
    ]
