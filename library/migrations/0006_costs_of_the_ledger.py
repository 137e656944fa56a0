from django.db import migrations
from django.db.models import OuterRef, Subquery


def copy_costs(apps, schema_editor):
    """Search by what runs have cost, not by their units at the price of when they were indexed."""
    alias = schema_editor.connection.alias
    charges = apps.get_model("playground", "Charge").objects.using(alias)
    paid = charges.filter(run=OuterRef("run_id"), state="settled")
    entries = apps.get_model("library", "SearchEntry").objects.using(alias)
    entries.update(cost=Subquery(paid.values("amount")[:1]))


class Migration(migrations.Migration):
    dependencies = [
        ("library", "0005_nano_dollars"),
        ("playground", "0044_charge_of_run"),
    ]

    operations = [migrations.RunPython(copy_costs, migrations.RunPython.noop, elidable=True)]
