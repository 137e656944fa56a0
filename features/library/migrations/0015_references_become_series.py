"""A reference becomes a series with its name for prompts; each earlier version a series of its own.

The series has the reference's key, so its pictures, words and place stay what prompts mean by its
name. Its LoRA is one of its items. Which runs used it, its inputs say; the words that a run
recorded about that leave.
"""

import logging
import re
import uuid

from django.db import migrations
from django.db.models import TextField
from django.db.models.functions import Cast

from core.db.leaving import log_rows

AT_ONCE = 100  # references
_KEY = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
UPLOAD = re.compile(rf"/uploads/({_KEY})/")
RESULT = re.compile(rf"/runs/({_KEY})/artifacts/(\d+)/")

log = logging.getLogger(__name__)


def make_series(apps, schema_editor):
    """Write the series of each reference and of its earlier versions; log how many there were."""
    references = apps.get_model("library", "Reference").objects
    keys = list(references.order_by("pk").values_list("pk", flat=True))
    gone = 0
    for first in range(0, len(keys), AT_ONCE):
        gone += _write(apps, references.filter(pk__in=keys[first : first + AT_ONCE]))
    if keys:
        log.info("Turning references into series: %s, pictures gone before: %s", len(keys), gone)


def _write(apps, references):
    series, items, uploads, versions = (
        apps.get_model(*label)
        for label in (
            ("library", "Series"),
            ("library", "SeriesItem"),
            ("playground", "Upload"),
            ("library", "ReferenceVersion"),
        )
    )
    written = []  # (series, pictures, LoRA, when it was changed)
    for row in references.order_by("pk"):
        place = {
            "user_id": row.user_id,
            "project_id": row.project_id,
            "is_hidden": row.is_hidden,
            "deleted_at": row.deleted_at,
        }
        named = series(
            pk=row.pk,
            name=row.name,
            mention=row.name,
            mention_key=row.key,
            words=row.description,
            **place,
        )
        written.append((named, row.pictures, row.lora, row.changed_at))
        named.created_at = row.created_at
        of_row = versions.objects.filter(reference=row.pk).order_by("-number")
        for version in of_row[1:]:  # the newest is the reference's present state
            earlier = series(
                pk=uuid.uuid4(),
                name=f"{row.name}, version {version.number}",
                note=f"{version.change}\n\n{version.description}".strip(),
                **place,
            )
            written.append((earlier, version.pictures, version.lora, version.made_at))
            earlier.created_at = version.made_at
    times = {row.pk: (row.created_at, changed_at) for row, _, _, changed_at in written}
    series.objects.bulk_create([row for row, *_ in written])
    for row, *_ in written:
        row.created_at, row.changed_at = times[row.pk]
    # They set themselves when a row is created.
    series.objects.bulk_update([row for row, *_ in written], ["created_at", "changed_at"])
    named_keys = {key for _, pictures, _, _ in written for key in _uploads_in(pictures)}
    present = set(uploads.objects.filter(pk__in=named_keys).values_list("pk", flat=True))
    rows = []
    for row, pictures, lora, _ in written:
        contents = [{"upload_id": key} for key in _uploads_in(pictures) if key in present]
        if match := RESULT.search(lora):
            contents.append({"run_id": uuid.UUID(match[1]), "position": int(match[2])})
        rows += [
            items(series_id=row.pk, place=place, **content)
            for place, content in enumerate(contents)
        ]
    items.objects.bulk_create(rows, batch_size=500)
    loras = [row.run_id for row in rows if row.run_id]
    apps.get_model("playground", "RecordedRun").objects.filter(run__in=loras).update(is_due=True)
    return len(named_keys - present)


def _uploads_in(pictures):
    """Return the keys of the uploads that addresses name, each once, in order."""
    matches = (UPLOAD.search(address) for address in pictures)
    return list(dict.fromkeys(uuid.UUID(match[1]) for match in matches if match))


def move_series_back(apps, schema_editor):
    """Let the undo of a move bring back the series that a moved reference has become."""
    moves = apps.get_model("projects", "Move").objects
    text = Cast("rows", TextField())
    for move in moves.annotate(text=text).filter(text__contains="library.Reference").iterator():
        move.rows = [
            ["library.Series" if label == "library.Reference" else label, project, keys]
            for label, project, keys in move.rows
        ]
        move.save(update_fields=["rows"])


class Migration(migrations.Migration):
    dependencies = [
        ("library", "0014_series_hold_uploads"),
        ("playground", "0068_frames_of_films"),
        ("projects", "0008_deputies_take_over"),
    ]
    operations = [
        migrations.RunPython(make_series, migrations.RunPython.noop),
        migrations.RunPython(move_series_back, migrations.RunPython.noop),
        log_rows("library", "ReferenceRun"),
        log_rows("library", "ReferenceVersion"),
        log_rows("library", "Reference"),
        migrations.DeleteModel("ReferenceRun"),
        migrations.DeleteModel("ReferenceVersion"),
        migrations.DeleteModel("Reference"),
    ]
