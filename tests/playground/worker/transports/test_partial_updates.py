"""A stream that says nothing is told to people as such, once, until it says something again."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

import fal
from playground.models import Run
from playground.runs import state_machine
from playground.runs.progress import live_partials
from playground.runs.transitions import Observation
from playground.worker.transports import partial_updates
from tests.playground.conftest import Control, Work
from tests.playground.worker.transports.test_direct import CALM, Ask, ask  # noqa: F401

State = Run.State
Told = list[Observation]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """What a teller writes down; a moment of silence is long."""
    seen: Told = []

    async def arecord(pk: uuid.UUID, observed: Observation) -> bool:
        seen.append(observed)
        return True

    monkeypatch.setattr(state_machine, "arecord", arecord)
    monkeypatch.setattr(partial_updates, "QUIET_S", 0.1)
    monkeypatch.setattr(partial_updates, "GRACE_S", 0.0)
    return seen


def carried(story: Callable[[partial_updates.PartialWriter], Awaitable[Any]], **kind: bool) -> None:
    async def tell() -> None:
        teller = partial_updates.PartialWriter(uuid.uuid4(), write_every_s=0.01, **kind)
        await teller.mark_sent()
        await story(teller)
        await teller.close()

    asyncio.run(tell())


def piece(text: str) -> fal.Partial:
    return fal.Partial({"output": text}, "r")


async def until(told: Told, count: int) -> None:
    async with asyncio.timeout(10):
        while len(told) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.005)


def test_silence_is_told_once_and_taken_back_with_what_comes(told: Told) -> None:
    async def story(teller: partial_updates.PartialWriter) -> None:
        await until(told, 2)
        await asyncio.sleep(0.3)
        teller.add(piece("a"))
        await until(told, 4)

    carried(story, is_streamed=True)
    notes = [(one.note, one.partial) for one in told]
    assert notes == [
        ("", None),
        (partial_updates.NOTHING_YET, None),
        ("", {"output": "a"}),
        (partial_updates.NOTHING_MORE, None),
    ]


def test_a_stream_that_speaks_costs_no_write_more_than_its_pieces(told: Told) -> None:
    async def story(teller: partial_updates.PartialWriter) -> None:
        await until(told, 1)
        for number, text in enumerate("abc", start=2):
            teller.add(piece(text))
            await until(told, number)

    carried(story, is_streamed=True)
    assert [one.partial for one in told] == [None, *({"output": text} for text in "abc")]


def test_what_says_nothing_until_its_end_is_left_in_peace(told: Told) -> None:
    carried(lambda teller: asyncio.sleep(0.3))
    assert [one.note for one in told] == [""]


def test_a_stalled_stream_says_so_on_its_row_and_keeps_what_came(
    ask: Ask,  # noqa: F811
    work: Work,
    sandbox: Control,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(partial_updates, "QUIET_S", 0.3)
    sandbox.fault("stream", "stall", value=2)
    run = ask("stream", "sandbox/scribe", **CALM | {"max_tokens": 2000})

    def is_told() -> bool:
        run.refresh_from_db()
        if run.note == partial_updates.NOTHING_MORE:
            state_machine.request_cancel(run.pk)
        return run.is_final

    work(is_told)
    assert (run.state, run.note) == (State.CANCELLED, "")
    assert run.partial["output"]


def test_many_tokens_are_announced_between_two_commits(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    announced: list[tuple[int, Any]] = []

    def announce(pk: uuid.UUID, number: int, output: Any) -> bool:
        announced.append((number, output["output"]))
        return True

    monkeypatch.setattr(live_partials, "announce", announce)
    monkeypatch.setattr(partial_updates, "ANNOUNCE_EVERY_S", 0.01)

    async def story(teller: partial_updates.PartialWriter) -> None:
        for count in range(1, 6):
            teller.add(piece("a" * count))
            async with asyncio.timeout(10):
                while not announced or announced[-1][1] != "a" * count:  # noqa: ASYNC110
                    await asyncio.sleep(0.002)

    async def tell() -> None:
        slow = partial_updates.PartialWriter(uuid.uuid4(), is_streamed=True, write_every_s=60)
        await slow.mark_sent()
        await story(slow)
        await slow.close()
        slow.add(piece("late"))
        await asyncio.sleep(0.05)

    asyncio.run(tell())
    assert announced == [(count, "a" * count) for count in range(1, 6)]
    assert len(told) <= 2


def test_what_nobody_takes_is_not_announced_again_at_once(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers: list[int] = []
    monkeypatch.setattr(
        live_partials, "announce", lambda pk, number, output: numbers.append(number)
    )

    async def story(teller: partial_updates.PartialWriter) -> None:
        for count in range(1, 6):
            teller.add(piece("a" * count))
            await asyncio.sleep(0.02)

    carried(story, is_streamed=True)
    assert numbers == [1]
