"""Measures how a parser's time grows: twice the input may take little more than twice the time."""

import gc
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

MOST_RATIO = 3.0  # the ratio of the times of doubled inputs; a quadratic parser has 4
NOISE_S = 0.05  # below this, a time says nothing about growth
TRIES = 4
REFERENCE_S = 0.03  # the time of the loop in `slowness`


@dataclass(frozen=True)
class WayIn:
    """A parser with its most expensive input: `make(size)`; it raises refusals as `refused`.

    `limit` is the largest size that may be sent; growth is measured up to it.
    """

    name: str
    make: Callable[[int], Any]
    read: Callable[[Any], object]
    limit: int
    refused: tuple[type[Exception], ...] = (ValueError,)


@dataclass(frozen=True)
class Growth:
    """The times of an input and of its half, in seconds of this thread's processor time."""

    way: WayIn
    half_s: float
    whole_s: float

    @property
    def ratio(self) -> float:
        return self.whole_s / self.half_s

    @property
    def is_linear(self) -> bool:
        """Return whether the time grew about as much as the input, or is too short to count."""
        return self.whole_s < NOISE_S or self.ratio <= MOST_RATIO


def measure(way: WayIn) -> Growth:
    """Measure an entry point; take the best of several tries, because others use the caches too."""
    growth = _once(way)
    for _ in range(TRIES - 1):
        if growth.is_linear:
            break
        again = _once(way)
        growth = Growth(way, max(growth.half_s, again.half_s), min(growth.whole_s, again.whole_s))
    return growth


def _once(way: WayIn) -> Growth:
    return Growth(way, seconds_of(way, way.limit // 2), seconds_of(way, way.limit))


def seconds_of(way: WayIn, size: int) -> float:
    """Return how long the parser takes to read or refuse an input of this size.

    Without the garbage collector, which would walk everything that other tests have left in this
    process.
    """
    content = way.make(size)
    gc.disable()
    try:
        began = time.thread_time()
        with suppress(*way.refused):  # only its time counts, even if it refuses the input
            way.read(content)
        return time.thread_time() - began
    finally:
        gc.enable()


def slowness() -> float:
    """Return how many times slower than the reference machine this machine is now; at least 1."""
    began = time.thread_time()
    sum(len(str(number)) for number in range(200_000))
    return max(1.0, (time.thread_time() - began) / REFERENCE_S)


@contextmanager
def largest_memory() -> Iterator[Callable[[], int]]:
    """Measure the block's peak memory in bytes, without the memory used before."""
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    largest = [0]
    try:
        yield lambda: largest[0]
    finally:
        largest[0] = tracemalloc.get_traced_memory()[1] - before
        tracemalloc.stop()
