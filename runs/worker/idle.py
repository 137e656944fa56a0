"""How long a worker sleeps before it queries for work without a notification.

Every write of ours notifies the workers at once (`core.notify`). Periodic queries find the rest:
expired leases, files and runs that have become due, and writes by other programs.
"""

from __future__ import annotations

from datetime import datetime

LOOK_AGAIN_S = 1.0  # while something may become due
REST_S = 30.0  # while nothing can become due


def pause_s(due_at: datetime | None, now: datetime) -> float:
    """Return the seconds until the next query; `due_at` is when the next row is due, if any."""
    if due_at is None:
        return REST_S
    return min(max((due_at - now).total_seconds(), LOOK_AGAIN_S), REST_S)
