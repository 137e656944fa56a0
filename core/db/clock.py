"""The database server's clock, which is the same for every machine."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from asgiref.sync import sync_to_async
from django.db import connection
from django.utils import timezone
from django.utils.asyncio import async_unsafe

# Shorter than a lease, so that every process adopts a corrected database clock before one expires.
RESYNC_EVERY_S = 10.0
CHECKED_AT_HOUR = 3
# Unlike CLOCK_MONOTONIC it includes suspended time, as the database's clock does.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

_last_sync: tuple[datetime, float] | None = None  # the database's time, and ours at that moment


@async_unsafe
def now(resync_every_s: float = RESYNC_EVERY_S) -> datetime:
    """Return the database's current time; on SQLite this machine's clock.

    Raises SynchronousOnlyOperation in an event loop, even if no query is needed: use `anow` there.
    Otherwise a caller would fail only on PostgreSQL, and only now and then.

    Queries the database at most once every `resync_every_s`. In between it adds the time elapsed on
    a monotonic clock, so that changes of this machine's wall clock have no effect.
    """
    global _last_sync
    if connection.vendor != "postgresql":
        return timezone.now()
    started = time.clock_gettime(_CLOCK)
    if _last_sync and started - _last_sync[1] < resync_every_s:
        return _last_sync[0] + timedelta(seconds=started - _last_sync[1])
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        database_time: datetime = cursor.fetchone()[0]
    # Assumes that the query and its result took equally long on the network.
    _last_sync = database_time, (started + time.clock_gettime(_CLOCK)) / 2
    return database_time


anow = sync_to_async(now)


def seconds_until_night() -> float:
    """Return the seconds until the house is checked next, at night in its TIME_ZONE."""
    here = timezone.localtime(now())
    night = here.replace(hour=CHECKED_AT_HOUR, minute=0, second=0)
    return (night - here).total_seconds() % 86_400 + 1
