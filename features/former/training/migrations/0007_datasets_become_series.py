"""A data set becomes a series of its files with their names and captions."""

import logging
import re
import uuid

from django.db import migrations
from django.db.models import TextField
from django.db.models.functions import Cast

from core.db.leaving import log_rows

MAX_NAME_CHARS = 80
UPLOAD = re.compile(r"/uploads/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/")

log = logging.getLogger(__name__)


def make_series(apps, schema_editor):
    """Write a series for each data set; files that were taken out of it can be put back there."""
    series, items = (apps.get_model("library", name) for name in ("Series", "SeriesItem"))
    uploads = apps.get_model("playground", "Upload").objects
    datasets = apps.get_model("training", "Dataset").objects
    count = 0
    for dataset in datasets.order_by("pk").iterator():
        count += 1
        row = series.objects.create(
            pk=dataset.pk,
            user_id=dataset.user_id,
            project_id=dataset.project_id,
            is_hidden=dataset.is_hidden,
            name=dataset.name[:MAX_NAME_CHARS],
            note=f"Trigger word: {dataset.trigger_word}" if dataset.trigger_word else "",
            deleted_at=dataset.deleted_at,
        )
        times = {"created_at": dataset.created_at, "changed_at": dataset.changed_at}
        series.objects.filter(pk=row.pk).update(**times)  # they set themselves at first
        files = {}
        for file in dataset.files:
            match = UPLOAD.search(file.get("address", "")) if isinstance(file, dict) else None
            if match:
                files[uuid.UUID(match[1]), file["name"]] = file
        present = set(uploads.filter(pk__in={key for key, _ in files}).values_list("pk", flat=True))
        items.objects.bulk_create(
            (
                items(
                    series_id=row.pk,
                    upload_id=key,
                    file_name=name[:255],
                    caption=file.get("caption", ""),
                    place=place,
                    removed_at=dataset.changed_at if file.get("is_removed") else None,
                )
                for place, ((key, name), file) in enumerate(files.items())
                if key in present
            ),
            batch_size=500,
        )
    if count:
        log.info("Turning data sets into series: %s", count)


def move_series_back(apps, schema_editor):
    """Let the undo of a move bring back the series that a moved data set has become."""
    moves = apps.get_model("projects", "Move").objects
    text = Cast("rows", TextField())
    for move in moves.annotate(text=text).filter(text__contains="training.Dataset").iterator():
        move.rows = [
            ["library.Series" if label == "training.Dataset" else label, project, keys]
            for label, project, keys in move.rows
        ]
        move.save(update_fields=["rows"])


class Migration(migrations.Migration):
    dependencies = [
        ("library", "0014_series_hold_uploads"),
        ("playground", "0068_frames_of_films"),
        ("projects", "0008_deputies_take_over"),
        ("training", "0006_without_trainings"),
    ]
    operations = [
        migrations.RunPython(make_series, migrations.RunPython.noop),
        migrations.RunPython(move_series_back, migrations.RunPython.noop),
        log_rows("training", "DatasetArchive"),
        log_rows("training", "Dataset"),
        migrations.DeleteModel("DatasetArchive"),
        migrations.DeleteModel("Dataset"),
    ]
