"""Compares stored results in the background: computes fingerprints and finds doubles.

A new picture gets its fingerprint with its thumbnail (`runs/worker/artifact_copies.py`). Here
pictures stored before fingerprints existed get theirs, a few at a time, the oldest first; sounds
and meshes stored before they had pictures get these.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from asgiref.sync import sync_to_async
from django.db.models import F, Q, QuerySet

from core.db import clock
from runs.file_kinds import DRAWN, VISUAL
from runs.files import derived_files
from runs.files.media.probe import MediaProbe
from runs.models import Artifact
from runs.models.querysets import STORED, heavy_columns
from runs.results import likeness
from runs.worker import idle

log = logging.getLogger(__name__)

AT_ONCE = 10  # per call of the job
SOON_S = 0.2  # while more is due, so that other work of the worker gets its turn
TAKEN_FOR = timedelta(minutes=2)  # longer than the probes of one call may take


async def compare_due(probe: MediaProbe) -> float:
    """Compare the results that are due; return the seconds until the next time."""
    artifacts = await sync_to_async(_claim)()
    if not artifacts:
        soonest = _waiting().order_by(F("next_attempt_at").asc(nulls_first=True))
        next_at = await soonest.values_list("next_attempt_at", flat=True).afirst()
        return idle.pause_s(next_at, await clock.anow())
    compared = [artifact for artifact in artifacts if await _is_complete(artifact, probe)]
    await sync_to_async(_compare)(compared)
    return SOON_S


def _waiting() -> QuerySet[Artifact]:
    return Artifact.objects.filter(STORED, compared_at=None)


def _claim() -> list[Artifact]:
    """Claim the earliest results that are due, by moving their next attempt.

    Two workers may compare the same result; both come to the same conclusion.
    """
    now = clock.now()
    is_free = Q(next_attempt_at=None) | Q(next_attempt_at__lte=now)
    due_artifacts = _waiting().filter(is_free).order_by("pk")
    keys = list(due_artifacts.values_list("pk", flat=True)[:AT_ONCE])
    if not keys:  # mostly it only reads
        return []
    claimed_artifacts = Artifact.objects.filter(pk__in=keys)
    claimed_artifacts.update(next_attempt_at=now + TAKEN_FOR)
    claimed_artifacts = claimed_artifacts.select_related("run__project", "run__user").order_by("pk")
    return list(claimed_artifacts.defer(*heavy_columns("run__")))


async def _is_complete(artifact: Artifact, probe: MediaProbe) -> bool:
    """Add what the copy lacks; return False if the storage failed, to retry after the claim.

    Nothing is made of a damaged or missing file: a second attempt would not help.
    """
    try:
        if artifact.kind in VISUAL and artifact.fingerprint is None:
            artifact.fingerprint = await _fingerprint(artifact, probe)
        elif artifact.kind in DRAWN and artifact.file and not artifact.thumbnail:
            await _draw(artifact, probe)
    except FileNotFoundError:
        artifact.fingerprint = artifact.fingerprint or b""
        log.info("artifact %s has no file to compare", artifact.pk)
    except Exception as error:  # storage backends raise anything
        log.warning("artifact %s could not be read to compare it: %s", artifact.pk, error)
        return False
    return True


async def _fingerprint(artifact: Artifact, probe: MediaProbe) -> bytes:
    picture = artifact.thumbnail or (artifact.file if artifact.kind == "image" else "")
    return (await probe.probe_stored(picture, "image/")).fingerprint if picture else b""


async def _draw(artifact: Artifact, probe: MediaProbe) -> None:
    """Add a sound's waveform or a mesh's picture; skip meshes that no viewer can show."""
    if artifact.kind == "mesh" and artifact.error:
        return
    probed = await (
        probe.probe_stored(artifact.file, "audio/")
        if artifact.kind == "audio"
        else probe.draw_stored_mesh(artifact.file)
    )
    pictures = await asyncio.to_thread(derived_files.write, artifact.file, probed)
    artifact.poster, artifact.thumbnail = pictures
    await sync_to_async(derived_files.record_previews)(artifact)


def _compare(artifacts: list[Artifact]) -> None:
    now, originals = clock.now(), likeness.originals_of(artifacts)
    for artifact in artifacts:
        artifact.compared_at = now
        artifact.double_of_id = originals.get(artifact.pk)
    columns = ["compared_at", "double_of", "fingerprint", "poster", "thumbnail"]
    Artifact.objects.bulk_update(artifacts, columns)
