"""Lets each file of a run have a star of its own."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Count


def star_only_files(apps: Apps, _: BaseDatabaseSchemaEditor) -> None:
    """Star the file of each starred run that has one; which of several was meant is not known."""
    runs = apps.get_model("playground", "Run").objects.filter(is_starred=True)
    alone = runs.annotate(files=Count("artifacts")).filter(files=1)
    files = apps.get_model("playground", "Artifact").objects
    files.filter(run_id__in=alone.values("pk")).update(is_starred=True)


class Migration(migrations.Migration):
    dependencies = [("playground", "0017_shared_artifacts")]

    operations = [
        migrations.AddField(
            model_name="artifact",
            name="is_starred",
            field=models.BooleanField(default=False, help_text="one of the best; see its run's"),
        ),
        migrations.AlterField(
            model_name="run",
            name="is_starred",
            field=models.BooleanField(
                default=False, help_text="it or one of its files is; set by `runs/stars.py`"
            ),
        ),
        migrations.RunPython(star_only_files, migrations.RunPython.noop),
    ]
