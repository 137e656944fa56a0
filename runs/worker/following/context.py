"""The state that all runs followed by one process share, for all hosts and models."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

from runs.worker.circuit_breaker import BreakerRegistry

POLLS_PER_S = 100.0

STREAM_AGAIN_S = 600.0  # a model without a status stream may have one after a new deployment
_random = random.SystemRandom()


class TurnTaking:
    """The queue of streams that continue one at a time, each after all other tasks."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    async def wait(self) -> None:
        """Let all other tasks run first."""
        async with self._turn:
            await asyncio.sleep(0)


# Remembers models without a status stream, so that their runs are polled at once.
class StreamSupport:
    """Tells which models' runs have a status stream, if known. `now` returns monotonic seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._no_stream_until: dict[str, float] = {}

    def may_stream(self, endpoint_id: str) -> bool:
        """Whether to try the status stream of this model's runs; not soon after it was missing."""
        return self._now() >= self._no_stream_until.get(endpoint_id, 0.0)

    def record_missing(self, endpoint_id: str) -> None:
        """Record that upstream knows a run of this model but has no status stream for it."""
        if self.may_stream(endpoint_id):
            self._no_stream_until[endpoint_id] = self._now() + STREAM_AGAIN_S


# Spreads polls: if many runs are polled, each is polled less often.
class PollPacing:
    """The number of runs that this process polls, and the pause between two polls of a run."""

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
        """Return the seconds between two polls of a run: `wanted_s`, or more if many are polled."""
        return max(wanted_s, self._polled_runs / POLLS_PER_S) * _random.uniform(0.9, 1.1)


@dataclass(frozen=True)
class FollowContext:
    """Tells when a followed run may query its host, how often it polls, and whether it streams."""

    breakers: BreakerRegistry
    polls: PollPacing = field(default_factory=PollPacing)
    streams: StreamSupport = field(default_factory=StreamSupport)
    turns: TurnTaking = field(default_factory=TurnTaking)
