"""What is told of a run while its connection is open: that it runs, and how far its output is."""

from __future__ import annotations

import asyncio
import time
import uuid
from contextlib import suppress
from dataclasses import replace
from typing import Any

from django.utils import timezone

import fal
from playground import lifecycle
from playground.lifecycle import Observation
from playground.models import Run

TELL_EVERY_S = 0.2
# A refusal comes at once, mostly: a page need not tell that a run works which then waits after all.
GRACE_S = 0.5
# So long without a piece of a stream, and people wonder whether it still lives.
QUIET_S = 10.0
NOTHING_YET = "Nothing has come yet. Some models think for long first; you may wait or cancel."
NOTHING_MORE = "Nothing has come for a while. What has come is kept; you may wait or cancel."
LONGEST_DATA_URI = 2 << 20


class Teller:
    """Writes down what it hears, the newest alone and a few times a second; nothing after `end`.

    `is_in_pieces` says that the output is expected to come so: then silence is told, too, once.
    """

    def __init__(self, pk: uuid.UUID, *, is_in_pieces: bool = False) -> None:
        self._pk = pk
        self._quiet_s = QUIET_S if is_in_pieces else None
        self._sent_at = timezone.now()
        self._left_s: float | None = None
        self._is_sent = asyncio.Event()
        self._is_taken = asyncio.Event()
        self._has_news = asyncio.Event()
        self._request_id = ""
        self._partial: Any = None
        self._writing = asyncio.Lock()
        self._is_over = False
        self._telling = asyncio.create_task(self._tell(), name=f"telling of run {pk}")

    async def sent(self) -> None:
        """The request is out."""
        if not self._is_sent.is_set():
            self._sent_at = timezone.now()
            self._left_s = time.monotonic()
            self._is_sent.set()

    @property
    def waited_s(self) -> float:
        """How long the whole request has been out; 0 while it is not."""
        return 0.0 if self._left_s is None else time.monotonic() - self._left_s

    def hear(self, partial: fal.Partial) -> None:
        """Upstream has the run, and so much of its output."""
        self._request_id = partial.request_id or self._request_id
        self._is_sent.set()
        self._is_taken.set()
        if partial.value is not None:
            self._partial = partial.value
            self._has_news.set()

    @property
    def newest(self) -> Any:
        """The latest output so far, as it is shown; None where nothing came."""
        return trimmed(self._partial)

    async def end(self) -> None:
        """Tell nothing more; what is being written is written."""
        async with self._writing:
            self._is_over = True
        self._telling.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.wait({self._telling})

    async def _tell(self) -> None:
        await self._is_sent.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE_S):
                await self._is_taken.wait()
        await self._write(Observation(Run.State.RUNNING, at=self._sent_at, note=""))
        while True:
            await self._news()
            self._has_news.clear()
            await self._write(Observation(Run.State.RUNNING, partial=self.newest, note=""))
            await asyncio.sleep(TELL_EVERY_S)

    async def _news(self) -> None:
        """Return once something came; say meanwhile that nothing does."""
        try:
            async with asyncio.timeout(self._quiet_s):
                await self._has_news.wait()
        except TimeoutError:
            words = NOTHING_YET if self._partial is None else NOTHING_MORE
            await self._write(Observation(Run.State.RUNNING, note=words))
            await self._has_news.wait()

    async def _write(self, seen: Observation) -> None:
        async with self._writing:
            if not self._is_over:
                seen = replace(seen, request_id=self._request_id)
                await lifecycle.arecord(self._pk, seen)


def trimmed(value: Any) -> Any:
    """A partial output without the data URIs that are too long to be shown many times a second."""
    if isinstance(value, str):
        return "" if value.startswith("data:") and len(value) > LONGEST_DATA_URI else value
    if isinstance(value, list):
        return [trimmed(item) for item in value]
    if isinstance(value, dict):
        return {key: trimmed(item) for key, item in value.items()}
    return value
