from django.db import migrations
from django.db.models import Q


def queue_earlier_bills(apps, schema_editor):
    """Let the worker measure each model that was billed before there were measured prices."""
    Charge = apps.get_model("playground", "Charge")
    UnmeasuredRun = apps.get_model("spending", "UnmeasuredRun")
    alias = schema_editor.connection.alias
    billed = Charge.objects.using(alias).filter(
        Q(billed__isnull=False) | Q(reported__isnull=False), endpoint_id__isnull=False
    )
    keys = billed.order_by().values_list("endpoint_id", flat=True).distinct()
    UnmeasuredRun.objects.using(alias).bulk_create(UnmeasuredRun(endpoint_id=key) for key in keys)


class Migration(migrations.Migration):
    dependencies = [("spending", "0001_spending"), ("playground", "0042_charge_awaits_check")]

    operations = [
        migrations.RunPython(queue_earlier_bills, migrations.RunPython.noop, elidable=True),
    ]
