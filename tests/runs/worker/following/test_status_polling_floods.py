"""Streams that never pause let the events of other runs through.

With many polled runs, each is polled less often.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator
from contextlib import ExitStack, aclosing, suppress
from typing import Any

import pytest

from fal import Handle, LogLine, Phase, Queue, RequestRejected, Status
from runs.worker.circuit_breaker import BreakerRegistry
from runs.worker.following.context import STREAM_AGAIN_S, FollowContext, PollPacing, StreamSupport
from runs.worker.following.status_polling import EVENTS_IN_A_ROW, statuses
from tests import clock
from tests.runs.conftest import alone

FLOODS = 9
TURNS = 20  # turns of the event loop in which a short run is sent, followed and fetched
FLOOD = 100_000


class Flood(Queue):
    """A queue whose status streams never pause."""

    def __init__(self) -> None:
        self.told = 0

    async def events(self, handle: Handle, *, logs: bool = True) -> AsyncGenerator[Status]:
        """Yield events without waiting between them."""
        for number in range(FLOOD):
            self.told += 1
            yield Status(Phase.IN_PROGRESS, logs=[LogLine(f"step {number}", "INFO", "", "")])
        yield Status(Phase.COMPLETED)


class Polled(Queue):
    """A queue without status streams."""

    def __init__(self) -> None:
        self.polls = 0

    async def events(self, handle: Handle, *, logs: bool = True) -> AsyncGenerator[Status]:
        """There are none."""
        raise RequestRejected("no streams here", status=405)
        yield

    async def status(self, handle: Handle, *, logs: bool = True) -> Status:
        """The run is running."""
        self.polls += 1
        return Status(Phase.IN_PROGRESS)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("address", "least", "most"), [("", 20, 60), ("https://vitrine.example", 1, 10)]
)
def test_a_run_with_a_webhook_is_rarely_polled(
    settings: Any, make_run: Any, address: str, least: int, most: int
) -> None:
    """A run of two minutes without status streams.

    The periodic sweep finds a lost webhook.
    """
    settings.PUBLIC_URL = address
    queue, run = Polled(), make_run(state="running")

    async def main() -> None:
        handle = Handle.rebuilt("https://queue.test", "acme/polled", "r")
        with suppress(TimeoutError):
            async with (
                asyncio.timeout(120),
                aclosing(
                    statuses(run.pk, handle, queue, FollowContext(BreakerRegistry()))
                ) as observed,
            ):
                async for _ in observed:
                    continue

    clock.run(alone(main()))
    assert least <= queue.polls <= most


def test_streams_without_a_pause_leave_turns_to_other_tasks() -> None:
    queue, context = Flood(), FollowContext(BreakerRegistry())

    async def follow(number: int) -> None:
        handle = Handle.rebuilt("https://queue.test", "acme/flood", f"r{number}")
        async with aclosing(statuses(uuid.uuid4(), handle, queue, context)) as observed:
            async for status in observed:
                if status.is_completed:
                    return

    async def main() -> int:
        floods = [asyncio.create_task(follow(number)) for number in range(FLOODS)]
        for _ in range(TURNS):
            await asyncio.sleep(0)
        statuses_sent = queue.told
        for flood in floods:
            flood.cancel()
        await asyncio.gather(*floods, return_exceptions=True)
        return statuses_sent

    assert 0 < clock.run(main()) <= EVENTS_IN_A_ROW * (FLOODS + TURNS)


def test_many_polled_runs_are_each_polled_less_often() -> None:
    polls = PollPacing()
    assert polls.pause_s(1) < 1.2
    with ExitStack() as counted:
        for _ in range(1000):
            counted.enter_context(polls.count())
        assert polls.pause_s(1) > 8
    assert polls.pause_s(1) < 1.2


# A model without a status stream is remembered for a while.
def test_a_model_without_a_stream_is_tried_again_after_a_while() -> None:
    now = 0.0
    streams = StreamSupport(lambda: now)
    streams.record_missing("a/b")
    assert not streams.may_stream("a/b")
    assert streams.may_stream("a/c")
    now = STREAM_AGAIN_S - 1
    streams.record_missing("a/b")  # by a run that was sent before the first answer came
    assert not streams.may_stream("a/b")
    now = STREAM_AGAIN_S
    assert streams.may_stream("a/b")
