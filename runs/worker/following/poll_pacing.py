"""Spreads polls: where many runs are polled, each is polled less often."""

from __future__ import annotations

import random
from collections.abc import Generator
from contextlib import contextmanager

POLLS_PER_S = 100.0

_random = random.SystemRandom()


class PollPacing:
    """The number of runs that this process polls, and how long each pauses between two polls."""

    def __init__(self) -> None:
        self._polled_runs = 0

    @contextmanager
    def count(self) -> Generator[None]:
        """Count a run as polled while the block runs: around the pause between two polls."""
        self._polled_runs += 1
        try:
            yield
        finally:
            self._polled_runs -= 1

    def pause_s(self, wanted_s: float) -> float:
        """Return the seconds between two polls of a run: `wanted_s`, more if many are polled."""
        return max(wanted_s, self._polled_runs / POLLS_PER_S) * _random.uniform(0.9, 1.1)
