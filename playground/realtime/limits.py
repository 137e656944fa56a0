"""How long live sessions wait, and how many there may be."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LiveLimits:
    """Seconds, and sessions at once."""

    result_timeout_s: float = 60.0
    slow_after_s: float = 4.0  # the page is told that the model is slow
    retry_database_s: float = 0.5
    save_every_s: float = 2.0  # a session's progress and its lease
    # Who takes over a live session can only end it, so its process gets more time to come back
    # than a worker.
    lease_s: float = 60.0
    stop_timeout_s: float = 2.0
    sessions: int = 20
    sessions_each: int = 4


LIVE_LIMITS = LiveLimits()
