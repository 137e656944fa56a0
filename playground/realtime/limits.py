"""Time limits of live sessions, and how many there may be at once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LiveLimits:
    """Durations in seconds, and numbers of simultaneous sessions."""

    result_timeout_s: float = 60.0
    slow_after_s: float = 4.0  # then the page shows that the model is slow
    retry_database_s: float = 0.5
    save_every_s: float = 2.0  # a session's progress and its lease
    # A worker that takes over a live session can only end it, so the relaying process gets more
    # time to recover than a worker does.
    # than a worker.
    lease_s: float = 60.0
    stop_timeout_s: float = 2.0
    sessions: int = 20
    sessions_each: int = 4


LIVE_LIMITS = LiveLimits()
