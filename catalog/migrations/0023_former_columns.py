"""Columns go that 0.2.0 had left for its running processes."""

from django.db import migrations

from core.db.leaving import drop_column


class Migration(migrations.Migration):
    dependencies = [("catalog", "0022_without_looks")]
    operations = [
        drop_column("catalog_collectionitem", "looked_at"),
        drop_column("catalog_endpoint", "paid_usd"),
    ]
