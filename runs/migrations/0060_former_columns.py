"""Columns go that 0.2.0 had left for its running processes."""

from django.db import migrations

from core.db.leaving import drop_column


class Migration(migrations.Migration):
    dependencies = [("playground", "0059_codec")]
    operations = [
        drop_column("playground_preset", "unmended"),
        drop_column("playground_recordsum", "is_merged"),
    ]
