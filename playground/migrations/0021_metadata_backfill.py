"""Renames the model `LateLook` to what it is. Its table keeps its name, for workers of before."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("playground", "0020_run_steps")]

    operations = [
        migrations.AlterModelTable(name="latelook", table="playground_latelook"),
        migrations.RenameModel(old_name="LateLook", new_name="MetadataBackfill"),
        migrations.AlterField(
            model_name="metadatabackfill",
            name="run",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="metadata_backfill",
                to="playground.run",
            ),
        ),
    ]
