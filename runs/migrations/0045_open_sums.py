"""The sums of live sessions, and the sizes of pictures, which earlier uploads get by a worker."""

from typing import Any

from django.db import migrations, models
from django.utils import timezone

from core.db.dollars_field import DollarsField


def measure_pictures(apps: Any, schema_editor: Any) -> None:
    """Queue them: prices by megapixel read the size from the row."""
    uploads = apps.get_model("playground", "Upload").objects.using(schema_editor.connection.alias)
    pictures = uploads.filter(content_type__startswith="image/", width=None, measure_at=None)
    pictures.exclude(content_type="image/svg+xml").update(measure_at=timezone.now())


class Migration(migrations.Migration):
    dependencies = [("playground", "0044_charge_of_run")]
    operations = [
        migrations.AlterField(
            model_name="upload",
            name="width",
            field=models.PositiveIntegerField(help_text="of a picture or film", null=True),
        ),
        migrations.AddField(
            model_name="charge",
            name="so_far",
            field=DollarsField(
                help_text="of a live session: what its results cost; empty: it is none", null=True
            ),
        ),
        migrations.CreateModel(
            name="WantedCopy",
            fields=[
                (
                    "file",
                    models.CharField(
                        help_text="name in our storage",
                        max_length=255,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "tries",
                    models.PositiveSmallIntegerField(default=0, help_text="that took too long"),
                ),
                ("next_attempt_at", models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.RunPython(measure_pictures, migrations.RunPython.noop),
    ]
