"""A silent stream gets one note on its run, until its next event.

After an error within a stream, the earlier output is kept.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

import fal
from runs.models import Run, Transport
from runs.state import state_machine
from runs.state.transitions import Observation
from runs.worker.limits import DirectLimits, WorkerLimits
from runs.worker.transports import direct, partial_updates
from tests.runs.conftest import Control, Work, alone
from tests.runs.worker.transports.test_direct import CALM, Ask, ask  # noqa: F401

State = Run.State


# A short silence counts as long.
QUICK = DirectLimits(write_every_s=0.01, quiet_s=0.1, grace_s=0.0)


class Observations(list[Observation]):
    """The observations that a partial writer records."""

    async def record(self, pk: uuid.UUID, observed: Observation) -> bool:
        self.append(observed)
        return True


@pytest.fixture
def observations() -> Observations:
    return Observations()


def carry_story(
    observations: Observations,
    story: Callable[[partial_updates.PartialWriter], Awaitable[Any]],
    limits: DirectLimits = QUICK,
    **more: Any,
) -> None:
    async def tell() -> None:
        teller = partial_updates.PartialWriter(
            uuid.uuid4(), limits=limits, record=observations.record, **more
        )
        await teller.mark_sent()
        await story(teller)
        await teller.close()

    asyncio.run(tell())


def piece(text: str) -> fal.Partial:
    return fal.Partial({"output": text}, "r")


async def until(observations: Observations, count: int) -> None:
    async with asyncio.timeout(10):
        while len(observations) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.005)


def test_silence_is_noted_once_and_cleared_by_the_next_event(observations: Observations) -> None:
    async def story(teller: partial_updates.PartialWriter) -> None:
        await until(observations, 2)
        await asyncio.sleep(0.3)
        teller.add(piece("a"))
        await until(observations, 4)

    carry_story(observations, story, is_streamed=True)
    notes = [(observation.note, observation.partial) for observation in observations]
    assert notes == [
        ("", None),
        (partial_updates.NOTHING_YET, None),
        ("", {"output": "a"}),
        (partial_updates.NOTHING_MORE, None),
    ]


def test_an_active_stream_needs_no_extra_writes(
    observations: Observations,
) -> None:
    async def story(teller: partial_updates.PartialWriter) -> None:
        await until(observations, 1)
        for number, text in enumerate("abc", start=2):
            teller.add(piece(text))
            await until(observations, number)

    carry_story(observations, story, is_streamed=True)
    assert [observation.partial for observation in observations] == [
        None,
        *({"output": text} for text in "abc"),
    ]


def test_a_transport_without_events_gets_no_silence_note(observations: Observations) -> None:
    carry_story(observations, lambda teller: asyncio.sleep(0.3))
    assert [observation.note for observation in observations] == [""]


def test_a_stalled_stream_is_noted_on_its_run_and_keeps_its_output(
    ask: Ask,  # noqa: F811
    work: Work,
    sandbox: Control,
) -> None:
    sandbox.fault("stream", "stall", value=2)
    run = ask("stream", "sandbox/scribe", **CALM | {"max_tokens": 2000})

    def is_told() -> bool:
        run.refresh_from_db()
        if run.note == partial_updates.NOTHING_MORE:
            state_machine.request_cancel(run.pk)
        return run.is_final

    work(is_told, worker_limits=WorkerLimits(direct=DirectLimits(quiet_s=0.3)))
    assert (run.state, run.note) == (State.CANCELLED, "")
    assert run.partial["output"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("last", "stored_partial"),
    [
        ({"error": "exploded"}, {"output": "a", "partial": True}),
        ({"output": "ab", "partial": False, "error": "exploded"},) * 2,
    ],
)
def test_partial_output_before_a_models_error_is_kept(
    make_run: Any, last: dict[str, Any], stored_partial: dict[str, Any]
) -> None:
    run = make_run(state=Run.State.SUBMITTING, transport=Transport.STREAM)
    state_machine.mark_submitted(run.pk, set())
    events = [{"output": "a", "partial": True}, last]
    body = "".join(f"data: {json.dumps(event)}\n\n" for event in events)
    answer = httpx.Response(200, headers={"content-type": "text/event-stream"}, text=body)

    async def carry() -> None:
        wire = httpx.MockTransport(lambda request: answer)
        async with fal.Clients(fal.Addresses(), "a:b", transport=wire) as clients:
            await direct.run_directly(run, {}, clients)

    asyncio.run(alone(carry()))
    run.refresh_from_db()
    assert (run.state, run.error["message"], run.partial) == ("failed", "exploded", stored_partial)
