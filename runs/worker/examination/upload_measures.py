"""Measures the duration of uploaded videos and audio, on which prices per second depend."""

from __future__ import annotations

import logging
from datetime import timedelta

from asgiref.sync import sync_to_async

from core.db import clock
from runs.files.media.probe import MediaProbe, ProbeResult
from runs.models import Artifact, Upload
from runs.worker import idle

log = logging.getLogger(__name__)

AT_ONCE = 10  # per call of the job
TAKEN_FOR = timedelta(minutes=2)  # longer than a probe may take
GIF = "image/gif"  # possibly animated: probed as a video


async def measure_due(probe: MediaProbe) -> float:
    """Measure the uploads that are due; return the seconds until the next time."""
    for _ in range(AT_ONCE):
        upload = await sync_to_async(_claim)()
        if upload is None:
            break
        await _measure(upload, probe)
    waiting = Upload.objects.filter(measure_at__isnull=False)
    next_at = await waiting.order_by("measure_at").values_list("measure_at", flat=True).afirst()
    return idle.pause_s(next_at, await clock.anow())


def _claim() -> Upload | None:
    """Claim the newest upload that is due, by moving `measure_at`."""
    now = clock.now()
    for row in Upload.objects.filter(measure_at__lte=now).order_by("-created_at")[:AT_ONCE]:
        free = Upload.objects.filter(pk=row.pk, measure_at=row.measure_at)
        if free.update(measure_at=now + TAKEN_FOR):
            return row
    return None


async def _measure(upload: Upload, probe: MediaProbe) -> None:
    measured = await sync_to_async(_known)(upload.digest)
    try:
        measured = measured or await _probe(upload, probe)
    except Exception as error:  # storage backends raise anything; retried after the claim
        log.warning("upload %s could not be read to measure it: %s", upload.pk, error)
        return
    await Upload.objects.filter(pk=upload.pk).aupdate(
        measure_at=None,
        width=measured.width,
        height=measured.height,
        duration_s=measured.duration_s,
    )


def _known(digest: str) -> ProbeResult | None:
    """Return an earlier measurement of the same bytes, of any user's upload or of a result."""
    uploads = Upload.objects.filter(digest=digest, duration_s__isnull=False)
    results = Artifact.objects.filter(digest=digest, duration_s__isnull=False).order_by()
    for rows in (uploads, results.filter(state=Artifact.State.STORED)):
        if measured := rows.values("width", "height", "duration_s").first():
            return ProbeResult(**measured)
    return None


async def _probe(upload: Upload, probe: MediaProbe) -> ProbeResult:
    kind = "video/" if upload.content_type == GIF else upload.content_type
    return await probe.probe_stored(upload.file, kind)
