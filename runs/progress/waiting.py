"""Estimates how long a run in progress takes, and how far upstream reports it to be."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from statistics import median
from typing import Any

from django.db.models.functions import Coalesce
from django.utils import timezone

from catalog.models import Endpoint
from core.formatting import duration
from runs.models import Run
from runs.progress.shown_log import shown_log

MEASURED_RUNS = 100  # newest runs from which the typical duration is computed
REUSED_FOR_S = 60.0
MAX_ENDPOINTS = 2000  # whose typical durations are cached
LINES_READ = 20  # newest log lines searched for progress
LATE = 1.25  # times the usual duration, after which a page says that the run takes longer
_PERCENT = re.compile(r"(?<![\d.])(\d{1,3}(?:\.\d+)?)\s?%")
_STEPS = re.compile(r"(?<![\d./:-])(\d{1,6})\s*(?:/|\bof\b)\s*(\d{1,6})(?![\d./:-])")


@dataclass(frozen=True)
class TypicalDuration:
    """The median duration of `count` runs."""

    seconds: float
    count: int


@dataclass(frozen=True)
class RemainingTime:
    """What is known about the remaining time of a run in progress."""

    since: datetime  # time of the submit, from which the usual duration counts
    usual_s: float | None
    share: float | None  # between 0 and 1, as upstream reported it
    left_s: float | None  # extrapolated from the share and the time since the start

    @property
    def sentence(self) -> str:
        """Return how far the run is, or how long it usually takes; empty if neither is known."""
        if self.share is not None:
            time_left = f", about {duration(self.left_s)} left" if self.left_s else ""
            return f"{self.share:.0%}{time_left}"
        return f"usually about {duration(self.usual_s)}" if self.usual_s else ""

    @property
    def late_words(self) -> str:
        """Return that the run takes longer than usual; empty if the usual duration is unknown."""
        return f"longer than usual (about {duration(self.usual_s)})" if self.usual_s else ""

    @property
    def late_at_s(self) -> float | None:
        """Return the seconds after the submit from which the run takes longer than usual."""
        return self.usual_s * LATE if self.usual_s else None


def describe_wait(run: Run, reported: float | None = None) -> RemainingTime | None:
    """Return what is known about a run in progress (needs its endpoint); None for other runs.

    `reported` is the share in a streaming model's partial output.
    """
    if not run.is_awaited:
        return None
    lines = (str(line.get("message", "")) for line in reversed(shown_log(run.logs)))
    share = reported if reported is not None else progress_in(lines)
    started = run.started_at or run.sent_at or run.created_at
    return RemainingTime(
        since=run.sent_at or run.created_at,
        usual_s=usual_s(run.endpoint),
        share=share,
        left_s=_left_s(share, (timezone.now() - started).total_seconds()),
    )


def progress_in(newest_first: Iterable[str]) -> float | None:
    """Return the share in the newest line that reports progress: "37%", "12/50", "3 of 8"."""
    for line in islice(newest_first, LINES_READ):
        if percents := [float(text) for text in _PERCENT.findall(line)]:
            if percents[-1] <= 100:
                return percents[-1] / 100
        elif steps := _STEPS.findall(line):
            done_steps, all_ = map(int, steps[-1])
            if all_ > 1 and done_steps <= all_:
                return done_steps / all_
    return None


def _left_s(share: float | None, passed_s: float) -> float | None:
    """Extrapolate the remaining seconds; None if it is too early."""
    if share is None or not 0.05 <= share < 1 or passed_s < 1:
        return None
    return passed_s * (1 - share) / share


def usual_s(endpoint: Endpoint) -> float | None:
    """Return the typical duration of our own runs, else upstream's estimate."""
    typical = _cached_typical_duration(endpoint)
    return typical.seconds if typical else endpoint.duration_estimate_s


def typical_duration(endpoint: Endpoint) -> TypicalDuration | None:
    """Return the median duration of the team's newest successful runs, from submit to end."""
    runs = Run.objects.filter(endpoint=endpoint, state=Run.State.SUCCEEDED, ended_at__isnull=False)
    times = runs.annotate(left_at=Coalesce("sent_at", "created_at")).order_by("-created_at")
    rows = list(times.values_list("left_at", "ended_at")[:MEASURED_RUNS])
    # A clock may have been set back meanwhile.
    durations = [max((ended - left_at).total_seconds(), 0.0) for left_at, ended in rows]
    return TypicalDuration(median(durations), len(durations)) if durations else None


# Typical durations by endpoint, with their expiry: a run in progress is rendered at each change,
# and its log may change ten times a second.
_typical_duration_cache: dict[Any, tuple[TypicalDuration | None, float]] = {}


def _cached_typical_duration(endpoint: Endpoint) -> TypicalDuration | None:
    typical, good_until = _typical_duration_cache.get(endpoint.pk, (None, 0.0))
    if good_until > time.monotonic():
        return typical
    if len(_typical_duration_cache) >= MAX_ENDPOINTS:
        _typical_duration_cache.clear()
    typical = typical_duration(endpoint)
    _typical_duration_cache[endpoint.pk] = typical, time.monotonic() + REUSED_FOR_S
    return typical
