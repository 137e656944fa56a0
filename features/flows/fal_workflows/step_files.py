"""Copies the files of single steps: upstream's copies expire, and the run's result lacks them.

The end of a workflow's run writes one row; a worker's job then lists the files of its steps and
stores each as an upload of the user. Files of the run's result are already artifacts.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Mapping
from datetime import timedelta
from pathlib import PurePosixPath
from typing import IO, Any
from urllib.parse import unquote, urlsplit

from asgiref.sync import sync_to_async
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

import fal
from features.flows.fal_workflows.steps import steps_of
from features.flows.models import AccountWorkflow, StepFile
from runs.files import uploads
from runs.models import Run, Transport, Upload
from runs.promises.owners import Job
from runs.results.outputs import artifacts_in

log = logging.getLogger(__name__)

MOST_FILES = 100  # per run
TRIES = 8  # over about three hours; upstream keeps files for days at least
FIRST_PAUSE_S = 60.0
EVERY_S = 60.0
AT_ONCE = 20


def note_end(run: Run, changes: Mapping[str, Any]) -> None:
    """Schedule the listing of a run's step files, if it is a run of a workflow."""
    if run.transport != Transport.STREAM:
        return
    if AccountWorkflow.objects.filter(pk=run.endpoint_id).exists():
        StepFile.objects.create(run_id=run.pk, position=0)


def job(upstream: fal.Clients) -> Job:
    """Return the worker's job."""

    async def run() -> float:
        return await copy_due(upstream.files)

    return Job("files of workflows' steps", run, wakes_on_change=True)


async def copy_due(files: fal.Files) -> float:
    """Copy the files that are due; return the seconds until the next call."""
    rows = await sync_to_async(_take_due)()
    for row in rows:
        if row.url:
            await _copy(row, files)
        else:
            await sync_to_async(list_files)(row)
    return 0.1 if rows else EVERY_S


def _take_due() -> list[StepFile]:
    """Claim the rows that are due, so that no other worker handles them meanwhile."""
    now = timezone.now()
    # Neither joined nor ordered by runs: without statistics SQLite would start with all runs.
    due_files = StepFile.objects.filter(next_attempt_at__lte=now).order_by("next_attempt_at")
    rows = list(due_files.prefetch_related("run")[:AT_ONCE])
    claimed_rows = []
    for row in rows:
        pause = timedelta(seconds=FIRST_PAUSE_S * 2**row.attempts)
        unclaimed = StepFile.objects.filter(pk=row.pk, next_attempt_at=row.next_attempt_at)
        is_last = row.attempts + 1 >= TRIES
        if unclaimed.update(
            attempts=row.attempts + 1, next_attempt_at=None if is_last else now + pause
        ):
            claimed_rows.append(row)
    return claimed_rows


def list_files(marker: StepFile) -> None:
    """Replace an ended run's marker row with one row for each file of its steps."""
    known_urls = set(marker.run.artifacts.values_list("url", flat=True))
    urls: dict[str, None] = {}
    for step in steps_of(marker.run).values():
        for artifact in artifacts_in(step.output) if step.output is not None else ():
            if (
                artifact.url
                and artifact.url not in known_urls
                and not artifact.url.startswith("data:")
            ):
                urls[artifact.url] = None
    with transaction.atomic():
        StepFile.objects.bulk_create(
            StepFile(run_id=marker.run_id, position=position, url=url)
            for position, url in enumerate(list(urls)[:MOST_FILES], start=1)
        )
        marker.delete()


async def _copy(row: StepFile, files: fal.Files) -> None:
    with tempfile.NamedTemporaryFile(prefix="vitrine-") as file:
        try:
            async with files.open(row.url, max_bytes=uploads.MAX_BYTES) as stream:
                async for chunk in stream:
                    file.write(chunk)
            upload = await sync_to_async(_store)(row, file, stream.content_type)
        except (fal.FalError, ValueError, OSError) as error:  # ValueError: the file was refused
            log.warning("file %s of run %s's steps not copied: %s", row.position, row.run_id, error)
            return
    copied = StepFile.objects.filter(pk=row.pk)
    await copied.aupdate(upload=upload, next_attempt_at=None)


def _store(row: StepFile, file: IO[bytes], content_type: str) -> Upload:
    size_bytes = file.seek(0, 2)
    name = unquote(PurePosixPath(urlsplit(row.url).path).name) or "file"
    uploaded_file = UploadedFile(file, name, content_type, size=size_bytes)
    return uploads.store(row.run.user_id, uploaded_file, project=row.run.project)


def copies_of(run: Run) -> dict[str, str]:
    """Map upstream's addresses of a run's copied step files to ours; one query."""
    rows = StepFile.objects.filter(run=run).exclude(upload=None).select_related("upload")
    return {row.url: row.upload.get_absolute_url() for row in rows if row.upload}
