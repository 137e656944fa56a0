"""Keeps how long uploaded films and sounds are, and has workers measure those of before."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils import timezone


def measure_all(apps: Apps, _: BaseDatabaseSchemaEditor) -> None:
    """Ask for the measuring of all that have a length."""
    last = models.Q(content_type__startswith="video/") | models.Q(content_type__startswith="audio/")
    uploads = apps.get_model("playground", "Upload").objects
    uploads.filter(last | models.Q(content_type="image/gif")).update(measure_at=timezone.now())


class Migration(migrations.Migration):
    dependencies = [("playground", "0018_starred_artifacts")]

    operations = [
        migrations.AddField(
            model_name="upload",
            name="width",
            field=models.PositiveIntegerField(help_text="of a film", null=True),
        ),
        migrations.AddField(
            model_name="upload",
            name="height",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="upload",
            name="duration_s",
            field=models.FloatField(help_text="of a film or sound; null: not known", null=True),
        ),
        migrations.AddField(
            model_name="upload",
            name="measure_at",
            field=models.DateTimeField(
                help_text="when a worker is to measure it; null: it has, or there is no need",
                null=True,
            ),
        ),
        migrations.AddIndex(
            model_name="upload",
            index=models.Index(
                condition=models.Q(("measure_at__isnull", False)),
                fields=["measure_at"],
                name="upload_to_measure",
            ),
        ),
        migrations.RunPython(measure_all, migrations.RunPython.noop),
    ]
