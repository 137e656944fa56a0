"""Measures how the time of a parser grows: doubling its input may not much more than double it."""

from __future__ import annotations

import gc
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

MOST_RATIO = 3.0  # of the times of doubled inputs; a quadratic parser has 4
NOISE_S = 0.05  # a shorter time says nothing about growth
TRIES = 4
REFERENCE_S = 0.03  # of the loop in `slowness`


@dataclass(frozen=True)
class WayIn:
    """A parser with the input that costs it most: `make(size)`; refusals are raised as `refused`.

    `limit` is the size that is as large as may be sent; growth is measured up to it.
    """

    name: str
    make: Callable[[int], Any]
    read: Callable[[Any], object]
    limit: int
    refused: tuple[type[Exception], ...] = (ValueError,)


@dataclass(frozen=True)
class Growth:
    """The times of an input and of its double, in seconds of this thread's processor time."""

    way: WayIn
    half_s: float
    whole_s: float

    @property
    def ratio(self) -> float:
        """Return the ratio of the times."""
        return self.whole_s / self.half_s

    @property
    def is_linear(self) -> bool:
        """Whether it grew about as much as its input, or took no time that counts."""
        return self.whole_s < NOISE_S or self.ratio <= MOST_RATIO


def measure(way: WayIn) -> Growth:
    """Measure a way in; the best of several tries, since others use the processor's caches."""
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
    """Return how long the parser takes to read or refuse an input of that size.

    Without the garbage collector: it would walk all that other tests have left in this process.
    """
    content = way.make(size)
    gc.disable()
    try:
        began = time.thread_time()
        with suppress(*way.refused):  # a refusal is an answer as well; only its time counts
            way.read(content)
        return time.thread_time() - began
    finally:
        gc.enable()


def slowness() -> float:
    """Return how many times slower than the reference machine this one is now; at least 1."""
    began = time.thread_time()
    sum(len(str(number)) for number in range(200_000))
    return max(1.0, (time.thread_time() - began) / REFERENCE_S)


@contextmanager
def largest_memory() -> Iterator[Callable[[], int]]:
    """Measure the block's memory at its largest, in bytes, without what was there before."""
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    largest = [0]
    try:
        yield lambda: largest[0]
    finally:
        largest[0] = tracemalloc.get_traced_memory()[1] - before
        tracemalloc.stop()
