from django.db import migrations, models
from django.db.models import Q


def mark_those_of_admins(apps, schema_editor):
    """Give to admins what an admin has made for a project, and what no manager can make.

    Budgets of sessions lose "ask above", which never asked anybody.
    """
    Budget = apps.get_model("spending", "Budget")
    rows = Budget.objects.using(schema_editor.connection.alias)
    is_admin = Q(is_superuser=True) | Q(groups__name="admin")
    makers = apps.get_model("auth", "User").objects.using(rows.db)
    admins = makers.filter(is_admin, is_staff=True).values("pk")
    rows.filter(Q(project=None) | Q(made_by__in=admins)).update(is_by_admin=True)
    rows.filter(scope="session").update(ask_above=None)


class Migration(migrations.Migration):
    dependencies = [("spending", "0003_monthly_rollups")]

    operations = [
        migrations.AddField(
            model_name="budget",
            name="is_by_admin",
            field=models.BooleanField(
                default=False,
                help_text="an admin has made it: its project's managers do not change it",
            ),
        ),
        migrations.RunPython(mark_those_of_admins, migrations.RunPython.noop, elidable=True),
    ]
