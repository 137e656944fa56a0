"""The table of reports goes, which 0.2.0 had left for its running processes."""

from django.db import migrations

from core.db.leaving import drop_table


class Migration(migrations.Migration):
    dependencies = [("sharing", "0009_renewed_at")]
    operations = [
        drop_table("sharing_report"),
    ]
