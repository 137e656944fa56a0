"""Finds days whose sums differ from their charges and recomputes them, as a nightly job.

Changing a charge changes its sums, but processes of an earlier version change charges alone.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import date

from django.utils import timezone

from core.db import clock
from runs.costs import daily_sums

AT_HOUR = 3
PAUSE_S = 0.05  # between two days, so that other jobs get their turn

log = logging.getLogger(__name__)


class Correction:
    """A worker's check of all days, one day per step: when the worker starts, and every night."""

    def __init__(self) -> None:
        self._days: Iterator[date] | None = None

    def step(self) -> float:
        """Correct the sums of one day if they differ; return the seconds until the next step."""
        self._days = self._days or daily_sums.days()
        day = next(self._days, None)
        if day is None:
            self._days = None
            now = timezone.localtime(clock.now())
            night = now.replace(hour=AT_HOUR, minute=0, second=0)
            return (night - now).total_seconds() % 86_400 + 1
        if daily_sums.differ(day):
            log.warning("the sums of %s differed from their charges: they are added up anew", day)
            daily_sums.add_up(day)
        return PAUSE_S
