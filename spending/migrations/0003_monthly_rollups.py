import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import core.db.dollars_field


def add_up_anew(apps, schema_editor):
    """Let the worker add up each day anew, with the sums that days had none of before.

    Until it has, pages read the charges themselves.
    """
    apps.get_model("spending", "RolledUpDay").objects.using(
        schema_editor.connection.alias
    ).all().delete()


def _kept(to):
    return models.ForeignKey(
        db_constraint=False,
        db_index=False,
        null=True,
        on_delete=django.db.models.deletion.DO_NOTHING,
        related_name="+",
        to=to,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0015_measured_prices"),
        ("projects", "0001_squashed_0004"),
        ("spending", "0002_queue_of_bills"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="MonthlyRollup",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                (
                    "by",
                    models.CharField(
                        blank=True, help_text="a kind; empty: of all columns", max_length=12
                    ),
                ),
                ("door", models.CharField(blank=True, max_length=12)),
                ("runs", models.PositiveIntegerField(help_text="that cost something, or may")),
                (
                    "amount",
                    core.db.dollars_field.DollarsField(help_text="of what is reserved and settled"),
                ),
                (
                    "reserved",
                    core.db.dollars_field.DollarsField(help_text="of what is reserved"),
                ),
                (
                    "unknown",
                    models.PositiveIntegerField(
                        help_text="runs of which nobody knows what they cost"
                    ),
                ),
                ("endpoint", _kept("catalog.endpoint")),
                ("project", _kept("projects.project")),
                ("user", _kept(settings.AUTH_USER_MODEL)),
            ],
            options={"indexes": [models.Index(fields=["by", "day"], name="monthly_rollup_by_day")]},
        ),
        migrations.CreateModel(
            name="RolledUpMonth",
            fields=[("day", models.DateField(primary_key=True, serialize=False))],
        ),
        migrations.RemoveIndex(model_name="rollup", name="rollup_of_day"),
        migrations.AlterField(
            model_name="rollup",
            name="by",
            field=models.CharField(
                blank=True, help_text="a kind; empty: of all columns", max_length=12
            ),
        ),
        migrations.AddIndex(
            model_name="rollup",
            index=models.Index(fields=["by", "day"], name="rollup_by_day"),
        ),
        migrations.RunPython(add_up_anew, migrations.RunPython.noop, elidable=True),
    ]
