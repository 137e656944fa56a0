"""Limits of live sessions: durations, number of sessions, number of stored results."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

KEPT = 4  # newest results of a session that are stored


@dataclass(frozen=True, slots=True)
class LiveLimits:
    """Durations in seconds, and numbers of simultaneous sessions."""

    result_timeout_s: float = 60.0
    slow_after_s: float = 4.0  # after this time the page shows that the model is slow
    retry_database_s: float = 0.5
    save_every_s: float = 2.0  # saves a session's progress and renews its lease
    # A worker that takes over a live session can only end it. So the relaying process gets more
    # time to recover than a worker.
    lease_s: float = 60.0
    stop_timeout_s: float = 2.0
    sessions: int = 20
    sessions_each: int = 4


LIVE_LIMITS = LiveLimits()


def limits_in_words() -> str:
    """Describe a session's maximum cost, for the person who starts one."""
    minutes = settings.LIVE_MINUTES
    return (
        "Each change makes a picture, and each picture is charged: at most "
        f"{settings.LIVE_PICTURES_PER_S} a second, for {minutes} "
        f"minute{'s' if minutes != 1 else ''}. It ends after {settings.LIVE_IDLE_S} seconds "
        f"without a change. The last {KEPT} are kept in Runs."
    )
