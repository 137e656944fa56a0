"""Combines a run's log lines, which arrive by the thousand, into few writes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import replace

import fal

BATCH_S = 0.2
# The last lines mostly come just before the end, which must not wait for their write.
FIRST_LINE_DELAY_S = 0.03
# The whole log is one column: the longer it is, the less often it is rewritten.
BATCH_S_PER_LINE = 0.0002
MAX_SEEN_LINES = 20_000


async def batch_logs(statuses: AsyncGenerator[fal.Status]) -> AsyncGenerator[fal.Status]:
    """Yield the statuses with news; those that only add log lines are merged into one.

    A new state or queue position is yielded at once, the first line after a silence shortly
    afterwards, each line once. An unknown status is never delayed.
    """
    buffer = EventBuffer()
    filling = asyncio.create_task(_fill_buffer(statuses, buffer), name="statuses of a run")
    try:
        while True:
            await buffer.has_some.wait()
            await _until_urgent(buffer, FIRST_LINE_DELAY_S)
            if (status := buffer.flush()) is not None:
                yield status
            if buffer.is_over and not buffer.has_some.is_set():
                await filling  # raises the error that ended the stream
                return
            await _until_urgent(buffer, max(BATCH_S, BATCH_S_PER_LINE * buffer.lines))
    finally:
        filling.cancel()
        with suppress(asyncio.CancelledError):
            await filling


async def _until_urgent(buffer: EventBuffer, at_most_s: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(at_most_s):
            await buffer.is_urgent.wait()


async def _fill_buffer(statuses: AsyncGenerator[fal.Status], buffer: EventBuffer) -> None:
    try:
        async for status in statuses:
            buffer.add(status)
            if status.state is fal.Phase.COMPLETED:
                return
            if status.state is fal.Phase.UNKNOWN:
                await buffer.is_empty.wait()
    finally:
        buffer.end()
        await statuses.aclose()


class EventBuffer:
    """Received statuses that were not yielded yet, merged into one."""

    def __init__(self) -> None:
        self.has_some = asyncio.Event()
        self.is_urgent = asyncio.Event()
        self.is_empty = asyncio.Event()
        self.is_over = False
        self.lines = 0
        self._status: fal.Status | None = None
        self._flushed: fal.Status | None = None
        self._lines: list[fal.LogLine] = []
        self._seen_lines: dict[tuple[str, str, str], None] = {}

    def add(self, status: fal.Status) -> None:
        """Merge a status into the buffered ones."""
        fresh = [line for line in status.logs if self._is_new(line)]
        last, self._status = self._status or self._flushed, status
        self._lines += fresh
        is_other = last is None or _facts(last) != _facts(status)
        if is_other or status.state is fal.Phase.UNKNOWN:
            self.is_urgent.set()
        if fresh or is_other or status.state is fal.Phase.UNKNOWN:
            self.is_empty.clear()
            self.has_some.set()

    def flush(self) -> fal.Status | None:
        """Empty the buffer and return its contents as one status; None if nothing is new."""
        status, self._status = self._status, None
        lines, self._lines = self._lines, []
        self.has_some.clear()
        if not self.is_over:
            self.is_urgent.clear()
        self.is_empty.set()
        if status is None:
            return None
        self._flushed = status
        return replace(status, logs=lines)

    def end(self) -> None:
        """Mark the stream as ended."""
        self.is_over = True
        self.is_urgent.set()
        self.has_some.set()

    def _is_new(self, line: fal.LogLine) -> bool:
        if line.identity in self._seen_lines:
            return False
        self._seen_lines[line.identity] = None
        self.lines += 1
        if len(self._seen_lines) > MAX_SEEN_LINES:
            del self._seen_lines[next(iter(self._seen_lines))]
        return True


def _facts(status: fal.Status) -> tuple[object, ...]:
    return status.state, status.queue_position, status.metrics
