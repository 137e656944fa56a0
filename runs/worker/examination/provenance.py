"""Examines stored results in the background: what they carry of their origin, their previews.

A new result is examined when it is copied (`runs/worker/artifact_copies.py`). Here are those that
were stored before, and signed ones again once c2pa-python is there to check them: a few at a time.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from asgiref.sync import sync_to_async
from django.db.models import F, Q, QuerySet

from core.db import clock
from runs.files import derived_files
from runs.files.media.probe import MediaProbe, Origin, can_check_signatures
from runs.models import Artifact
from runs.models.querysets import NOT_EXAMINED, SIGNED, STORED
from runs.worker import idle

log = logging.getLogger(__name__)

AT_ONCE = 10  # per call of the job
SOON_S = 0.2  # while more is due: other work of the worker gets its turn in between
TAKEN_FOR = timedelta(minutes=2)  # longer than the checks of one call may take


class Examination:
    """A worker's examination of results, some at each step."""

    def __init__(self, probe: MediaProbe) -> None:
        self._probe = probe
        self._has_begun = False

    async def step(self) -> float:
        """Examine some of the results that are due; return the seconds until the next step."""
        if not self._has_begun and can_check_signatures():
            await _unchecked().aupdate(provenance="")
        self._has_begun = True
        artifacts = await sync_to_async(_claim)()
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


def _claim() -> list[Artifact]:
    """Claim the earliest results that are due, by moving their next attempt.

    Two workers may examine the same result: both find the same.
    """
    now = clock.now()
    is_free = Q(next_attempt_at=None) | Q(next_attempt_at__lte=now)
    keys = list(_waiting().filter(is_free).order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
    if not keys:  # at rest, only read
        return []
    claimed = Artifact.objects.filter(pk__in=keys)
    claimed.update(next_attempt_at=now + TAKEN_FOR)
    return list(claimed.defer("url").order_by("pk"))


async def _examine(artifact: Artifact, probe: MediaProbe) -> None:
    """Examine one; if the storage fails, again after the claim."""
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
