"""Makes work due that only a clock which was set back since keeps from being due.

Leases and pauses are stored as the time at which they end. If a machine's clock is set back by an
hour, those of a worker that has ended seem to last for an hour longer: its runs would wait for as
long.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from asgiref.sync import sync_to_async
from django.db.models import QuerySet

from core.db import clock
from core.notify import channel
from runs.models import Artifact, MetadataBackfill, Run, Upload

LOOK_EVERY_S = 30.0

# Each column, and more than the longest time from now that is ever written to it: of runs the pause
# between two looks into upstream's list, of artifacts the pause after nine failed copies.
LONGEST: list[tuple[Callable[[], QuerySet[Any]], str, timedelta]] = [
    (Run.objects.unfinished, "lease_until", timedelta(minutes=15)),
    (
        lambda: Artifact.objects.filter(state=Artifact.State.REMOTE),
        "next_attempt_at",
        timedelta(minutes=45),
    ),
    (MetadataBackfill.objects.all, "due_at", timedelta(minutes=15)),
    (Upload.objects.all, "measure_at", timedelta(minutes=5)),
]


async def correct_due() -> float:
    """Correct the times that no clock of today can have written; the worker's job for it."""
    await sync_to_async(correct)()
    return LOOK_EVERY_S


def correct() -> None:
    """Set each time that lies further ahead than any that is written today to now."""
    now = clock.now()
    for rows, column, longest in LONGEST:
        ahead = rows().filter(**{f"{column}__gt": now + longest}).order_by()
        if ahead.exists() and ahead.update(**{column: now}):  # at rest, only read
            channel.notify()
