"""The one clock that several machines share: the database's."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

READ_AGAIN_S = (
    10.0  # less than a lease lasts: should the database's clock be put right, all know it by then
)
# Goes on while the machine sleeps, as the database's does.
_AWAKE_OR_NOT = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

_read: tuple[datetime, float] | None = None


def now() -> datetime:
    """What the time is by the database; on SQLite everybody is on the same machine anyway.

    The database is asked now and then; in between this machine counts on, whatever its own clock says.
    """
    global _read
    if connection.vendor != "postgresql":
        return timezone.now()
    counted = time.clock_gettime(_AWAKE_OR_NOT)
    if _read and counted - _read[1] < READ_AGAIN_S:
        return _read[0] + timedelta(seconds=counted - _read[1])
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        found: datetime = cursor.fetchone()[0]
    _read = (
        found,
        (counted + time.clock_gettime(_AWAKE_OR_NOT)) / 2,
    )  # on its way for as long both ways
    return found
