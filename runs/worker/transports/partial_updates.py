"""Writes a run's progress while its connection is open: its state and partial outputs."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from django.utils import timezone

import fal
from runs.models import Run
from runs.state import state_machine
from runs.state.transitions import Observation
from runs.worker.limits import DIRECT_LIMITS, DirectLimits

NOTHING_YET = (
    "Nothing has arrived yet. Some models think for a long time first; you can wait or cancel."
)
NOTHING_MORE = "Nothing has arrived for a while. What has arrived is kept; you can wait or cancel."
LONGEST_DATA_URI = 2 << 20
MOST_STEPS = 1000  # stored events of a workflow's nodes; fal sends two for each

Record = Callable[[uuid.UUID, Observation], Awaitable[bool]]


class PartialWriter:
    """Writes the latest partial output every `limits.write_every_s` seconds; nothing after `close`.

    With `is_streamed`, partial outputs are expected: a long silence is shown once. `record` gets
    observations.
    """

    def __init__(
        self,
        pk: uuid.UUID,
        *,
        is_streamed: bool = False,
        limits: DirectLimits = DIRECT_LIMITS,
        record: Record = state_machine.arecord,
    ) -> None:
        self._pk = pk
        self._limits = limits
        self._record = record
        self._quiet_s = limits.quiet_s if is_streamed else None
        self._sent_at = timezone.now()
        self._sent_monotonic_s: float | None = None
        self._is_sent = asyncio.Event()
        self._is_accepted = asyncio.Event()
        self._has_news = asyncio.Event()
        self._request_id = ""
        self._partial: Any = None
        self._steps: list[dict[str, Any]] = []
        self._writing = asyncio.Lock()
        self._is_over = False
        self._writer_task = asyncio.create_task(
            self._write_periodically(), name=f"partial output of run {pk}"
        )

    async def mark_sent(self) -> None:
        """Record that the request has been sent."""
        if not self._is_sent.is_set():
            self._sent_at = timezone.now()
            self._sent_monotonic_s = time.monotonic()
            self._is_sent.set()

    @property
    def waited_s(self) -> float:
        """Return the seconds since the whole request was sent; 0 before that."""
        return 0.0 if self._sent_monotonic_s is None else time.monotonic() - self._sent_monotonic_s

    def add(self, partial: fal.Partial) -> None:
        """Record that upstream has the run, and its partial output if it has one."""
        self._request_id = partial.request_id or self._request_id
        self._is_sent.set()
        self._is_accepted.set()
        if partial.step is not None and len(self._steps) < MOST_STEPS:
            event = without_long_data_uris(dict(partial.step))
            self._steps.append({"at": timezone.now().isoformat(), "event": event})
            self._has_news.set()
        if partial.value is not None:
            self._partial = partial.value
            self._has_news.set()

    @property
    def latest(self) -> Any:
        """Return the latest partial output without long data URIs; None if there is none."""
        return without_long_data_uris(self._partial)

    @property
    def steps(self) -> list[dict[str, Any]] | None:
        """Return a workflow's events about its nodes so far; None if there are none."""
        return [*self._steps] or None

    async def close(self) -> None:
        """Stop writing, after any write in progress."""
        async with self._writing:
            self._is_over = True
        self._writer_task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.wait({self._writer_task})

    async def _write_periodically(self) -> None:
        await self._is_sent.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._limits.grace_s):
                await self._is_accepted.wait()
        await self._write(Observation(Run.State.RUNNING, at=self._sent_at, note=""))
        while True:
            await self._wait_for_change()
            self._has_news.clear()
            await self._write(
                Observation(Run.State.RUNNING, partial=self.latest, steps=self.steps, note="")
            )
            await asyncio.sleep(self._limits.write_every_s)

    async def _wait_for_change(self) -> None:
        """Return once there is a new partial output; show a note if that takes long."""
        try:
            async with asyncio.timeout(self._quiet_s):
                await self._has_news.wait()
        except TimeoutError:
            note = NOTHING_YET if self._partial is None else NOTHING_MORE
            await self._write(Observation(Run.State.RUNNING, note=note))
            await self._has_news.wait()

    async def _write(self, observation: Observation) -> None:
        async with self._writing:
            if not self._is_over:
                observation = replace(observation, request_id=self._request_id)
                await self._record(self._pk, observation)


def without_long_data_uris(value: Any) -> Any:
    """Return the output without data URIs that are too long to send many times a second."""
    if isinstance(value, str):
        return "" if value.startswith("data:") and len(value) > LONGEST_DATA_URI else value
    if isinstance(value, list):
        return [without_long_data_uris(item) for item in value]
    if isinstance(value, dict):
        return {key: without_long_data_uris(item) for key, item in value.items()}
    return value
