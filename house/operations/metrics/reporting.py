"""Lets each process add its counts to shared rows and report that it is alive.

So any web process, on any machine, can answer with the figures of all. A process that ends leaves
its counts behind, except those of its last `EVERY_S` seconds, and nothing else.
"""

from __future__ import annotations

import json
import logging
import os
import time
from datetime import timedelta
from itertools import chain, repeat
from pathlib import Path
from threading import Thread

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils.crypto import salted_hmac

from core.db import clock, transient_errors
from core.process import counters, identity
from house.operations.models import Counter, ServerProcess

EVERY_S = 15.0
EVERY_S_UNREAD = 60.0  # if nobody reads metrics
REALTIME = "realtime"
ALIVE = timedelta(minutes=3)
FORGOTTEN_AFTER = timedelta(hours=1)

log = logging.getLogger(__name__)


def is_on() -> bool:
    """Return True if processes report: on SQLite, where that wakes the worker, only for metrics."""
    return bool(settings.METRICS_TOKEN) or not settings.IS_SQLITE


def every_s() -> float:
    """Return the seconds between two reports of a process."""
    return EVERY_S if settings.METRICS_TOKEN else EVERY_S_UNREAD


def start(kind: str, *, is_on: bool) -> None:
    """Report from now on, in a thread."""
    if is_on:
        Thread(target=_report_forever, args=(kind,), name="metrics", daemon=True).start()


def _report_forever(kind: str) -> None:
    for pause_s in chain([0.0], repeat(every_s())):
        time.sleep(pause_s)
        try:
            report(kind)
        except transient_errors.ANY_DATABASE_ERROR as error:
            transient_errors.log_failure(log, error, "metrics were not written; again soon")
            connection.close()


def report(kind: str) -> None:
    """Write this process's counts; raises DatabaseError, and then keeps them."""
    now, counts = clock.now(), counters.take() if settings.METRICS_TOKEN else {}
    # Sorted, so that two processes that add to the same rows wait for each other at the first.
    rows = sorted((name, json.dumps(dict(labels)), n) for (name, labels), n in counts.items())
    beat = {"kind": kind, "memory_bytes": memory_bytes(), "beat_at": now}
    beat["secret_key"] = secret_key()
    try:
        with transaction.atomic():
            ServerProcess.objects.update_or_create(pk=identity.current(), defaults=beat)
            ServerProcess.objects.filter(beat_at__lt=now - FORGOTTEN_AFTER).delete()
            with connection.cursor() as cursor:
                cursor.executemany(_ADD, rows)
    except DatabaseError:
        counters.put_back(counts)
        raise


def memory_bytes() -> int | None:
    """Return this process's resident memory in bytes; None without Linux's /proc."""
    statm = Path("/proc/self/statm")
    if not statm.exists():
        return None
    return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def processes() -> list[ServerProcess]:
    """Return the processes at work, oldest first."""
    rows = ServerProcess.objects.filter(beat_at__gt=clock.now() - ALIVE)
    return [row for row in rows.order_by("started_at", "pk") if not identity.is_gone(row.pk)]


def is_realtime_missing() -> bool:
    """Return True if no realtime process is alive, although pages or programs need one."""
    is_used = bool(settings.REALTIME_URL or settings.GATEWAY_URL) and not settings.IS_ON_DEMAND
    return is_used and all(process.kind != REALTIME for process in processes())


def secret_key() -> str:
    """Return a fingerprint of this process's SECRET_KEY that does not reveal the key."""
    return salted_hmac(__name__, "which SECRET_KEY").hexdigest()[:16]


# As in `runs/costs/daily_sums.py`: Django has no statement for "add to the row or create it".
_ADD = f"""
INSERT INTO {Counter._meta.db_table} AS counter (name, labels, value) VALUES (%s, %s, %s)
ON CONFLICT (name, labels) DO UPDATE SET value = counter.value + excluded.value
"""  # noqa: S608  # the table's name is ours
