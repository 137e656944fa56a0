"""Log lines of a run come by the thousand, one event each: they are written down together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import replace

import fal

GATHER_S = 0.2
# What a model says last mostly comes with its end, which is not to wait for lines being written.
MOMENT_S = 0.03
# The whole log is one column: the longer it is, the less often it is written anew.
GATHER_S_PER_LINE = 0.0002
KNOWN_LINES = 20_000


async def gathered(statuses: AsyncGenerator[fal.Status]) -> AsyncGenerator[fal.Status]:
    """The statuses with something new, several in one where only lines were added.

    A new state or queue position is told at once, and the first line after a silence in a
    moment; each line is told once. An unknown status is never held back.
    """
    basket = _Basket()
    picking = asyncio.create_task(_pick(statuses, basket), name="statuses of a run")
    try:
        while True:
            await basket.has_some.wait()
            await _until_urgent(basket, MOMENT_S)
            if (status := basket.take()) is not None:
                yield status
            if basket.is_over and not basket.has_some.is_set():
                await picking  # raises what ended it
                return
            await _until_urgent(basket, max(GATHER_S, GATHER_S_PER_LINE * basket.lines))
    finally:
        picking.cancel()
        with suppress(asyncio.CancelledError):
            await picking


async def _until_urgent(basket: _Basket, at_most_s: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(at_most_s):
            await basket.is_urgent.wait()


async def _pick(statuses: AsyncGenerator[fal.Status], basket: _Basket) -> None:
    try:
        async for status in statuses:
            basket.put(status)
            if status.state is fal.Phase.COMPLETED:
                return
            if status.state is fal.Phase.UNKNOWN:
                await basket.is_empty.wait()
    finally:
        basket.end()
        await statuses.aclose()


class _Basket:
    """What was heard and not yet told."""

    def __init__(self) -> None:
        self.has_some = asyncio.Event()
        self.is_urgent = asyncio.Event()
        self.is_empty = asyncio.Event()
        self.is_over = False
        self.lines = 0
        self._status: fal.Status | None = None
        self._told: fal.Status | None = None
        self._lines: list[fal.LogLine] = []
        self._known: dict[tuple[str, str, str], None] = {}

    def put(self, status: fal.Status) -> None:
        """Add what a status says to what was heard before it."""
        fresh = [line for line in status.logs if self._is_new(line)]
        last, self._status = self._status or self._told, status
        self._lines += fresh
        is_other = last is None or _facts(last) != _facts(status)
        if is_other or status.state is fal.Phase.UNKNOWN:
            self.is_urgent.set()
        if fresh or is_other or status.state is fal.Phase.UNKNOWN:
            self.is_empty.clear()
            self.has_some.set()

    def take(self) -> fal.Status | None:
        """All that was heard, as one status; None when there is nothing new."""
        status, self._status = self._status, None
        lines, self._lines = self._lines, []
        self.has_some.clear()
        if not self.is_over:
            self.is_urgent.clear()
        self.is_empty.set()
        if status is None:
            return None
        self._told = status
        return replace(status, logs=lines)

    def end(self) -> None:
        """Nothing more comes."""
        self.is_over = True
        self.is_urgent.set()
        self.has_some.set()

    def _is_new(self, line: fal.LogLine) -> bool:
        if line.identity in self._known:
            return False
        self._known[line.identity] = None
        self.lines += 1
        if len(self._known) > KNOWN_LINES:
            del self._known[next(iter(self._known))]
        return True


def _facts(status: fal.Status) -> tuple[object, ...]:
    return status.state, status.queue_position, status.metrics
