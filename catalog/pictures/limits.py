"""Time limits for fetching thumbnails, and the storage that they may use."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PictureLimits:
    """Durations in seconds, sizes in bytes of our storage."""

    fetch_s: float = 60.0
    idle_s: float = 2.0
    plan_every_s: float = 1.0
    most_bytes: int = 4 << 30  # for all pictures together


PICTURE_LIMITS = PictureLimits()
