"""Deletes runs whose grace period is over, and stored files that no row references any more.

A file is stored once per content, so several runs and uploads may share it. When the last row with
a content is deleted, the content is recorded as discarded; its files are deleted `SETTLED` later if
still no row references it. Code that stores the same content again first calls `reclaim`, which
removes that record, so no file is deleted between being written and being referenced.
"""

from __future__ import annotations

import logging
import math
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from datetime import datetime, timedelta
from pathlib import PurePosixPath

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from projects.kept.models import GRACE
from runs.files import input_references, storage_limits, stripped_copies
from runs.files.media import mesh_viewer
from runs.models import Artifact, DiscardedContent, InputFile, Run, Upload
from runs.ownership import upstream_deletion

log = logging.getLogger(__name__)

EVERY_S = 600.0
SOON_S = 0.02  # while more is due, so that other jobs get their turn
STEP_S = 0.05  # time to work between two pauses
BATCH = 12  # runs per transaction, which holds SQLite's write lock for well below 50 ms
CONTENTS = 100  # how many digests are read at once
NAMED_FOR_S = 1.0  # how long the names in rows other than runs are cached
SETTLED = timedelta(hours=1)  # longer than it ever takes from storing a file to saving its row
FIRST = uuid.UUID(int=0)
_holds: set[Callable[[], bool]] = set()


def hold_while(is_needed: Callable[[], bool]) -> None:
    """Delete no file while `is_needed` returns True: somebody still reads files of a moment ago."""
    _holds.add(is_needed)


class Purge:
    """A worker's passes through the runs that are due, in the order of their keys.

    It keeps its position between two steps, so runs that are needed elsewhere are skipped once per
    pass and do not block the others.
    """

    def __init__(self) -> None:
        self._after = FIRST
        self._named: set[uuid.UUID] = set()
        self._named_until = 0.0

    def step(self) -> float:
        """Purge runs and discarded files for `STEP_S`; return the seconds until the next step."""
        until = time.monotonic() + STEP_S
        storage_limits.delete_stale_reservations()
        # All arguments are read before a row is deleted; otherwise a file that one names is lost.
        is_more = (
            input_references.read_unread()
            or _purge_uploads(timezone.now())
            or self._purge_runs(until)
        )
        is_more |= delete_discarded(timezone.now(), until)
        return SOON_S if is_more else EVERY_S

    def _purge_runs(self, until: float) -> bool:
        """Purge the next runs that are due; return False at the end of the pass."""
        now = timezone.now()
        while keys := list(_due(now).filter(pk__gt=self._after).order_by("pk")[:BATCH]):
            self._after, needed_pks = keys[-1], self._needed(keys, now)
            free = [pk for pk in keys if pk not in needed_pks]
            if count := _purge(free, self._named, now):
                log.info("%s deleted runs were purged", count)
            if time.monotonic() > until:
                return True
        self._after = FIRST
        return False

    def _needed(self, keys: Sequence[uuid.UUID], now: datetime) -> set[uuid.UUID]:
        """Return the runs whose result is an input of a row that stays."""
        with_results = Artifact.objects.filter(run_id__in=keys).order_by().values_list("run_id")
        inputs = InputFile.objects.filter(source__in=keys).distinct().values_list("source")
        # One query per run, which stops at the first row: a result may be the input of thousands.
        by_runs = (pk for (pk,) in inputs if pk and _is_input_of_staying_run(pk, now))
        return self._named_elsewhere().intersection(pk for (pk,) in with_results).union(by_runs)

    def _named_elsewhere(self) -> set[uuid.UUID]:
        if time.monotonic() > self._named_until:
            self._named = input_references.named_elsewhere()
            self._named_until = time.monotonic() + NAMED_FOR_S
        return self._named


def _is_input_of_staying_run(pk: uuid.UUID, now: datetime) -> bool:
    run_stays = Q(run__deleted_at=None) | Q(run__deleted_at__gt=now - GRACE)
    return InputFile.objects.filter(run_stays, source=pk).exclude(run=pk).exists()


def _due(now: datetime) -> QuerySet[Run, uuid.UUID]:
    """Return the keys of the runs whose grace period is over."""
    due_runs = Run.objects.filter(deleted_at__lte=now - GRACE)
    return due_runs.values_list("pk", flat=True)


def _purge(keys: Sequence[uuid.UUID], named_uploads: Set[uuid.UUID], now: datetime) -> int:
    """Delete these runs and files that only they use, except `named_uploads`; return the number.

    Skips runs that were restored, or that another worker is purging.
    """
    with transaction.atomic():
        locked = _due(now).filter(pk__in=keys).select_for_update(of=("self",), skip_locked=True)
        if not (owners := dict(locked.values_list("pk", "user_id"))):
            return 0
        stored_artifacts = Artifact.objects.filter(run_id__in=owners, state=Artifact.State.STORED)
        stored_artifacts = stored_artifacts.exclude(digest="")
        contents = {artifact.digest: files_of(artifact) for artifact in stored_artifacts}
        uploads = [upload for upload in _own_uploads(owners) if upload.pk not in named_uploads]
        upstream_deletion.plan_for(Run.objects.filter(pk__in=owners))
        upstream_deletion.forget(owners)
        Run.objects.light().filter(pk__in=owners).delete()
        discard(contents | _delete_unused(uploads), now)
    return len(owners)


def drop_files(run_ids: Sequence[uuid.UUID], now: datetime, why: str) -> int:
    """Delete the result files of these runs, but keep the runs; return the number of runs."""
    with transaction.atomic():
        stored_artifacts = Artifact.objects.filter(run_id__in=run_ids, state=Artifact.State.STORED)
        artifacts = list(stored_artifacts.exclude(digest="").select_for_update())
        contents = {artifact.digest: files_of(artifact) for artifact in artifacts}
        lose(artifacts, why)
        discard(contents, now)
        upstream_deletion.plan_for(Run.objects.filter(pk__in=run_ids))
    return len({artifact.run_id for artifact in artifacts})


def lose(artifacts: Iterable[Artifact], why: str) -> None:
    """Mark the files of these results as lost; the digest stays and shows that there were files."""
    Artifact.objects.filter(pk__in=[artifact.pk for artifact in artifacts]).update(
        state=Artifact.State.LOST, error=why[:255], file="", poster="", thumbnail=""
    )


def delete_uploads(uploads: Sequence[Upload], now: datetime) -> int:
    """Delete the uploads that are no run's input; return their number."""
    with transaction.atomic():
        contents = _delete_unused(uploads)
        discard(contents, now)
    return len(contents)


def _purge_uploads(now: datetime) -> bool:
    """Delete uploads whose grace period is over; return whether more may be due.

    A run that waits with one keeps it until it has ended.
    """
    waiting_runs = Run.objects.unfinished().values("pk")
    waiting = InputFile.objects.filter(source=OuterRef("pk"), run__in=waiting_runs)
    due_uploads = Upload.objects.filter(~Exists(waiting), deleted_at__lte=now - GRACE)
    with transaction.atomic():
        locked = due_uploads.select_for_update(of=("self",), skip_locked=True)
        uploads = list(locked[:CONTENTS])
        discard(_delete_rows(uploads), now)
    return len(uploads) == CONTENTS


def _own_uploads(owners: Mapping[uuid.UUID, int]) -> list[Upload]:
    """Return the inputs of these runs among the uploads of the runs' owners."""
    inputs = InputFile.objects.filter(run_id__in=owners).values_list("source", "run_id")
    of_owner = {(source, owners[run]) for source, run in inputs}
    uploads = Upload.objects.filter(pk__in={source for source, _ in of_owner})
    return [upload for upload in uploads if (upload.pk, upload.user_id) in of_owner]


def _delete_unused(uploads: Sequence[Upload]) -> dict[str, list[str]]:
    """Delete the uploads that are no run's input any more; return their files by content."""
    keys = [upload.pk for upload in uploads]
    used_pks = set(InputFile.objects.filter(source__in=keys).values_list("source", flat=True))
    return _delete_rows([upload for upload in uploads if upload.pk not in used_pks])


def _delete_rows(uploads: Sequence[Upload]) -> dict[str, list[str]]:
    Upload.objects.filter(pk__in=[upload.pk for upload in uploads]).delete()
    return {_content_digest(upload): files_of_upload(upload) for upload in uploads}


def _content_digest(upload: Upload) -> str:
    """Return the file's SHA-256; `Upload.digest` may differ if a user has equal contents."""
    return PurePosixPath(upload.file).name.partition(".")[0]


def discard(contents: Mapping[str, list[str]], now: datetime) -> None:
    """Record the contents of deleted rows as discarded, unless other rows have them."""
    named_digests = _named_contents(contents)
    DiscardedContent.objects.bulk_create(
        [
            DiscardedContent(digest=digest, files=files, discarded_at=now)
            for digest, files in contents.items()
            if digest not in named_digests
        ],
        update_conflicts=True,
        unique_fields=["digest"],
        update_fields=["files", "discarded_at"],
    )


def files_of(artifact: Artifact) -> list[str]:
    """Return the names of an artifact's files in our storage."""
    viewer = mesh_viewer.page_name(artifact.file) if artifact.kind == "mesh" else ""
    return [name for name in (artifact.file, artifact.poster, artifact.thumbnail, viewer) if name]


def files_of_upload(upload: Upload) -> list[str]:
    """Return the names of an upload's files in our storage."""
    return [name for name in (upload.file, upload.thumbnail) if name]


def reclaim(digest: str) -> None:
    """Cancel the deletion of this content's files before a new row references them.

    Waits while the files are being deleted.
    """
    DiscardedContent.objects.filter(digest=digest).delete()


def delete_discarded(now: datetime, until: float = math.inf) -> bool:
    """Delete the files of contents that were discarded `SETTLED` ago and are still unreferenced.

    Stops at the time `until` of the monotonic clock; returns whether more may be due.
    """
    due_contents = DiscardedContent.objects.filter(discarded_at__lte=now - SETTLED)
    if any(is_needed() for is_needed in _holds):
        return False
    digests = list(due_contents.order_by("discarded_at").values_list("pk", flat=True)[:CONTENTS])
    for digest in digests:
        _delete_files(digest, now)
        if time.monotonic() > until:
            return True
    return len(digests) == CONTENTS


def _delete_files(digest: str, now: datetime) -> None:
    """Delete one content's files; the row's lock makes `reclaim` wait until they are gone."""
    with transaction.atomic():
        row = DiscardedContent.objects.select_for_update().filter(pk=digest).first()
        if row is None:
            return
        if not _named_contents({row.digest: row.files}):
            try:
                for name in (*row.files, *map(stripped_copies.copy_name, row.files[:1])):
                    default_storage.delete(name)
            except Exception as error:  # storage backends raise any kind of exception
                log.error("files of a deleted run stay, the storage failed: %s", error)
                row.discarded_at = now
                row.save(update_fields=["discarded_at"])
                return
        row.delete()


def known_contents(contents: Mapping[str, list[str]]) -> set[str]:
    """Return the digests that some row has, or whose files are to be deleted."""
    discarded = DiscardedContent.objects.filter(digest__in=contents)
    return _named_contents(contents) | set(discarded.values_list("digest", flat=True))


def _named_contents(contents: Mapping[str, list[str]]) -> set[str]:
    """Return the digests that stored results or uploads have."""
    main = {files[0]: digest for digest, files in contents.items() if files}
    artifacts = Artifact.objects.filter(digest__in=contents, state=Artifact.State.STORED).order_by()
    uploads = Upload.objects.filter(Q(digest__in=contents) | Q(file__in=main))
    digests = set(artifacts.values_list("digest", flat=True))
    for digest, file in uploads.values_list("digest", "file"):
        digests |= {digest, main.get(file, digest)}
    return digests
