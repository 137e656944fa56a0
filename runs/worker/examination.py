"""Jobs that examine stored files in the background: durations, origins, and stripped copies."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from functools import partial

from asgiref.sync import sync_to_async
from django.db.models import F, Q, QuerySet

from core.db import clock
from runs.files import derived_files, stripped_copies
from runs.files.media.probe import MediaProbe, Origin, ProbeResult, can_check_signatures
from runs.models import Artifact, Upload, WantedCopy
from runs.models.querysets import NOT_EXAMINED, SIGNED, STORED
from runs.worker import idle

log = logging.getLogger(__name__)

AT_ONCE = 10  # per call of the job
TAKEN_FOR = timedelta(minutes=2)  # longer than a probe may take
GIF = "image/gif"  # possibly animated: probed as a video
SOON_S = 0.2  # while more is due, so that other work of the worker gets its turn


async def measure_due(probe: MediaProbe) -> float:
    """Measure the uploads that are due, with their small pictures; return the seconds to wait."""
    for _ in range(AT_ONCE):
        upload = await sync_to_async(_claim)()
        if upload is None:
            break
        await _measure(upload, probe)
    unmeasured = Upload.objects.filter(measure_at__isnull=False)
    next_at = await unmeasured.order_by("measure_at").values_list("measure_at", flat=True).afirst()
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
    measured, thumbnail = await sync_to_async(_known)(upload.digest)
    try:
        if measured is None:
            measured = await _probe(upload, probe)
            pictures = await asyncio.to_thread(derived_files.write, upload.file, measured)
            thumbnail = pictures.thumbnail
    except Exception as error:  # storage backends raise anything; retried after the claim
        log.warning("upload %s could not be read to measure it: %s", upload.pk, error)
        return
    await Upload.objects.filter(pk=upload.pk).aupdate(
        measure_at=None,
        thumbnail=thumbnail,
        width=measured.width or upload.width,
        height=measured.height or upload.height,
        duration_s=measured.duration_s,
        shortest_s=measured.shortest_s,
    )


def _known(digest: str) -> tuple[ProbeResult | None, str]:
    """Return what is known of the same bytes, from any user's upload or a result, and its picture.

    Of a sound that is its length, of others the small picture, too.
    """
    uploads = Upload.objects.filter(digest=digest, measure_at=None)
    results = Artifact.objects.filter(digest=digest, state=Artifact.State.STORED).order_by()
    is_known = ~Q(thumbnail="") | Q(content_type__startswith="audio/", duration_s__isnull=False)
    for rows in (uploads.filter(is_known), results.filter(is_known)):
        figures = rows.values_list("width", "height", "duration_s", "shortest_s").first()
        if figures:
            width, height, duration_s, shortest_s = figures
            measured = ProbeResult(
                width=width, height=height, duration_s=duration_s, shortest_s=shortest_s
            )
            return measured, rows.values_list("thumbnail", flat=True)[0]
    return None, ""


async def _probe(upload: Upload, probe: MediaProbe) -> ProbeResult:
    kind = "video/" if upload.content_type == GIF else upload.content_type
    return await probe.probe_stored(upload.file, kind)


# Makes copies without metadata that somebody has requested.


async def make_copies_due() -> float:
    """Make the copies that are due, one after the other; return the seconds until the next time."""
    for _ in range(AT_ONCE):
        wanted_copy = await sync_to_async(_claim_copy)()
        if wanted_copy is None:
            break
        is_last_try = wanted_copy.tries + 1 >= stripped_copies.MOST_TRIES
        make = partial(stripped_copies.make, wanted_copy.file, is_last_try=is_last_try)
        is_done = await asyncio.to_thread(make)
        await sync_to_async(stripped_copies.note_try)(wanted_copy, is_done=is_done)
    wanted_copies = WantedCopy.objects.order_by("next_attempt_at")
    next_at = await wanted_copies.values_list("next_attempt_at", flat=True).afirst()
    return idle.pause_s(next_at, await clock.anow())


def _claim_copy() -> WantedCopy | None:
    """Claim the copy that has waited longest, by moving its next attempt."""
    now = clock.now()
    for row in WantedCopy.objects.filter(next_attempt_at__lte=now).order_by("next_attempt_at")[:5]:
        free = WantedCopy.objects.filter(pk=row.pk, next_attempt_at=row.next_attempt_at)
        if free.update(next_attempt_at=now + TAKEN_FOR):
            return row
    return None


# Examines stored results in the background: what they say about their origin, their previews.
#
# A new result is examined when it is copied (`runs/worker/artifact_copies.py`). This handles
# older results, and signed ones again once c2pa-python can check them: a few at a time.


class Examination:
    """A worker's examination of results, some in each step."""

    def __init__(self, probe: MediaProbe) -> None:
        self._probe = probe
        self._has_begun = False

    async def step(self) -> float:
        """Examine some of the results that are due; return the seconds until the next step."""
        if not self._has_begun and can_check_signatures():
            await _unchecked().aupdate(provenance="")
        self._has_begun = True
        artifacts = await sync_to_async(_claim_results)()
        if not artifacts:
            soonest = _waiting().order_by(F("next_attempt_at").asc(nulls_first=True))
            next_at = await soonest.values_list("next_attempt_at", flat=True).afirst()
            return idle.pause_s(next_at, await clock.anow())
        for artifact in artifacts:
            await _examine(artifact, self._probe)
        return SOON_S


def _unchecked() -> QuerySet[Artifact]:
    return Artifact.objects.filter(SIGNED, provenance=Artifact.Provenance.SIGNED)


def _waiting() -> QuerySet[Artifact]:
    return Artifact.objects.filter(STORED, NOT_EXAMINED)


def _claim_results() -> list[Artifact]:
    """Claim the earliest results that are due, by moving their next attempt.

    Two workers may examine the same result; both come to the same conclusion.
    """
    now = clock.now()
    is_free = Q(next_attempt_at=None) | Q(next_attempt_at__lte=now)
    keys = list(_waiting().filter(is_free).order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
    if not keys:  # mostly it only reads
        return []
    claimed_artifacts = Artifact.objects.filter(pk__in=keys)
    claimed_artifacts.update(next_attempt_at=now + TAKEN_FOR)
    return list(claimed_artifacts.defer("url").order_by("pk"))


async def _examine(artifact: Artifact, probe: MediaProbe) -> None:
    """Examine one result; if the storage fails, it is retried after the claim."""
    try:
        origin = await probe.origin_of_stored(artifact.file)
        await sync_to_async(derived_files.record_previews)(artifact)
    except FileNotFoundError:
        origin = Origin(Artifact.Provenance.NONE)
    except Exception as error:  # storage backends raise anything
        log.warning("artifact %s could not be read to examine it: %s", artifact.pk, error)
        return
    await Artifact.objects.filter(pk=artifact.pk).aupdate(
        provenance=origin.provenance, signer=origin.signer, source_type=origin.source_type
    )
