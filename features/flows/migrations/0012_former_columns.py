"""A column goes that 0.2.0 had left for its running processes."""

from django.db import migrations

from core.db.leaving import drop_column


class Migration(migrations.Migration):
    dependencies = [("flows", "0011_without_exchange")]
    operations = [
        drop_column("flows_flow", "imported"),
    ]
