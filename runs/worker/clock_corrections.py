"""Makes work due that only a clock that was set back keeps from being due.

Leases and pauses are stored as the time at which they end. If a machine's clock is set back by an
hour, the leases of a dead worker seem to last an hour longer, and its runs would wait that long.
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

# Each column, with more than the longest time from now that is ever written to it: for runs the
# pause between two queries of upstream's list, for artifacts the pause after nine failed copies.
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
    """Correct times that the present clock cannot have written; a job of the worker."""
    await sync_to_async(correct)()
    return LOOK_EVERY_S


def correct() -> None:
    """Set each time to now if it lies further ahead than any that can be written now."""
    now = clock.now()
    for rows, column, longest in LONGEST:
        ahead = rows().filter(**{f"{column}__gt": now + longest}).order_by()
        if ahead.exists() and ahead.update(**{column: now}):  # mostly it only reads
            channel.notify()
