"""Items of collections no longer say until when curators have seen a model's changes.

The column stays until the next version, since processes of 0.2.0 that still run read it.
"""

from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies = [("catalog", "0021_deputy")]
    operations = [
        migrations.AlterField(
            "CollectionItem", "looked_at", models.DateTimeField(db_default=Now())
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField("CollectionItem", "looked_at")]
        ),
    ]
