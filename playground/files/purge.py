"""Deletes runs whose grace period is over, and stored files that no row references any more.

A file is stored once per content, so several runs and uploads may share it. When the last row of a
content is deleted, the content is recorded as discarded; its files are deleted `SETTLED` later if
still no row references it. Code that stores the same content again first calls `reclaim`, which
removes that record, so no file is deleted between being written and being referenced.
"""

from __future__ import annotations

import json
import logging
import re
import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from playground.files import mesh_viewer, storage_limits
from playground.models import Artifact, DiscardedContent, Draft, Preset, Run, Share, Upload
from playground.runs.ownership import deletion

log = logging.getLogger(__name__)

EVERY_S = 600.0
BATCH = 20  # runs, and contents, per call: other jobs get their turn in between
SETTLED = timedelta(hours=1)  # longer than it ever takes from storing a file to saving its row


Inputs = tuple[Callable[[], QuerySet[Any]], str]
RUNS: Inputs = (Run.objects.all, "arguments")
UPLOAD = re.compile(r"/uploads/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/")
# Other rows that contain inputs, and their JSON field.
INPUTS: list[Inputs] = [
    (lambda: Preset.objects.kept(), "arguments"),
    (Share.objects.all, "arguments"),
    (Draft.objects.all, "post"),
]


def register_inputs(rows: Callable[[], QuerySet[Any]], field: str) -> None:
    """Keep runs as long as another app's rows have their artifacts as inputs."""
    INPUTS.append((rows, field))


def purge_due() -> float:
    """Purge deleted runs and discarded files that are due; return the seconds until the next call.

    Returns 1 if more are due.
    """
    now = timezone.now()
    storage_limits.delete_stale_reservations()
    is_more = purge_runs(now) + delete_discarded(now)
    return 1.0 if is_more else EVERY_S


def purge_runs(now: datetime) -> bool:
    """Delete runs whose grace period is over, unless their files are still needed elsewhere."""
    due = Run.objects.filter(deleted_at__lte=now - deletion.GRACE)
    # In random order, so that runs which are needed elsewhere do not block the others.
    found = list(due.order_by("?").values_list("pk", flat=True)[:BATCH])
    purged = [pk for pk in found if not is_needed(pk, now) and _purge(pk, now)]
    if purged:
        log.info("%s deleted runs were purged", len(purged))
    return len(purged) == BATCH


def is_needed(pk: uuid.UUID, now: datetime) -> bool:
    """Whether an artifact of this run is an input of a kept run, draft, preset or link."""
    if not Artifact.objects.filter(run_id=pk).exists():
        return False
    staying = Run.objects.filter(Q(deleted_at=None) | Q(deleted_at__gt=now - deletion.GRACE))
    if deletion.mentions(staying, pk).exists():
        return True
    # Without the quote: a form field contains a plain address, or JSON with escaped quotes.
    return _is_mentioned(deletion.artifact_prefix(pk)[1:], INPUTS)


def _purge(pk: uuid.UUID, now: datetime) -> bool:
    with transaction.atomic():
        due = Run.objects.filter(deleted_at__lte=now - deletion.GRACE)
        run = due.select_for_update(of=("self",)).filter(pk=pk).first()
        if run is None:  # restored, or purged by another worker
            return False
        stored = list(run.artifacts.filter(state=Artifact.State.STORED))
        uploads = _uploads_of(run)
        run.delete()
        for artifact in stored:
            _discard(artifact.digest, files_of(artifact), now)
        for upload in uploads:
            if not _is_mentioned(f"/uploads/{upload.pk}/", [*INPUTS, RUNS]):
                upload.delete()
                _discard(_content_digest(upload), [upload.file], now)
    return True


def _uploads_of(run: Run) -> list[Upload]:
    """The run's inputs among its owner's uploads."""
    keys = set(UPLOAD.findall(json.dumps(run.arguments)))
    return list(Upload.objects.filter(pk__in=keys, user_id=run.user_id))


def _is_mentioned(address: str, inputs: Sequence[Inputs]) -> bool:
    """Whether an address that begins like this occurs in the given input columns."""
    texts = (rows().annotate(inputs_text=Cast(name, TextField())) for rows, name in inputs)
    return any(rows.filter(inputs_text__contains=address).exists() for rows in texts)


def _content_digest(upload: Upload) -> str:
    """The file's SHA-256; `Upload.digest` may differ where a user has the same content twice."""
    return PurePosixPath(upload.file).name.partition(".")[0]


def _discard(digest: str, files: list[str], now: datetime) -> None:
    """Record the content of a deleted row as discarded, unless another row has it."""
    if digest and not _is_named(digest, files[:1]):
        DiscardedContent.objects.update_or_create(
            digest=digest, defaults={"files": files, "discarded_at": now}
        )


def files_of(artifact: Artifact) -> list[str]:
    """Return the names of an artifact's files in our storage."""
    viewer = mesh_viewer.page_name(artifact.file) if artifact.kind == "mesh" else ""
    return [name for name in (artifact.file, artifact.poster, artifact.thumbnail, viewer) if name]


def reclaim(digest: str) -> None:
    """Cancel the deletion of this content's files, before a new row references them.

    Waits while they are being deleted.
    """
    DiscardedContent.objects.filter(digest=digest).delete()


def delete_discarded(now: datetime) -> bool:
    """Delete the files of contents that were discarded `SETTLED` ago and are still unreferenced."""
    due = DiscardedContent.objects.filter(discarded_at__lte=now - SETTLED)
    found = list(due.order_by("discarded_at").values_list("pk", flat=True)[:BATCH])
    for digest in found:
        _delete_files(digest, now)
    return len(found) == BATCH


def _delete_files(digest: str, now: datetime) -> None:
    """Delete one content's files; the row's lock makes `reclaim` wait until they are gone."""
    with transaction.atomic():
        row = DiscardedContent.objects.select_for_update().filter(pk=digest).first()
        if row is None:
            return
        if not _is_named(row.digest, row.files):
            try:
                for name in row.files:
                    default_storage.delete(name)
            except Exception as error:  # storage backends raise any kind of exception
                log.error("files of a deleted run stay, the storage failed: %s", error)
                row.discarded_at = now
                row.save(update_fields=["discarded_at"])
                return
        row.delete()


def _is_named(digest: str, files: Iterable[str]) -> bool:
    by_content = Artifact.objects.filter(digest=digest, state=Artifact.State.STORED)
    uploads = Upload.objects.filter(Q(digest=digest) | Q(file__in=list(files)))
    return by_content.exists() or uploads.exists()
