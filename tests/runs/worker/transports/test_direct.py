"""Runs over one connection, against the real sandbox: sent once, reported live, truly ended."""

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from django.contrib.auth.models import User
from django.utils import timezone

import fal
from catalog.models import Endpoint
from runs.models import Run, Transport
from runs.state import state_machine
from runs.state.transitions import Observation
from runs.worker.following import reconciliation
from runs.worker.limits import DirectLimits, WorkerLimits
from runs.worker.transports import direct, partial_updates
from tests.runs.conftest import Control, alone
from tests.runs.start.started import start_run
from tests.sampling import sample

Ask = Callable[..., Run]


DIRECT = [Transport.SYNC, Transport.STREAM, Transport.WEBSOCKET]


SENDS = {"run", "stream", "submit", "ws"}


CALM = {"prompt": "paper and the sea", "seed": 5, "max_tokens": 60}


@pytest.fixture
def ask(catalogue: None, sandbox: Control) -> Ask:
    """`ask("sync", "sandbox/scribe", prompt="…")` → a new run.

    Calls are counted from here.
    """
    user = User.objects.create_user("ana")
    counter = iter(range(1000))

    def make(transport: str, endpoint_id: str, **arguments: Any) -> Run:
        endpoint = Endpoint.objects.get(endpoint_id=endpoint_id)
        run, _ = start_run(
            user=user,
            endpoint=endpoint,
            key=str(next(counter)),
            arguments=arguments,
            transport=transport,
        )
        return run

    sandbox.http.delete("/calls")
    return make


def has_ended(run: Run) -> bool:
    run.refresh_from_db()
    return run.is_final


def has_state(run: Run, state: str) -> bool:
    run.refresh_from_db()
    return run.state == state


def count_requests(sandbox: Control) -> int:
    """Return how many requests for a run upstream has seen; a WebSocket counts as one."""
    calls = sandbox.calls()
    return sum(calls.get(kind, 0) for kind in SENDS - {"ws"})


@pytest.mark.any_database
@pytest.mark.system
@pytest.mark.parametrize("transport", sample(DIRECT, 0, by_seed=1))
def test_a_run_is_one_request_and_ends_like_any_other(ask, work, sandbox, transport):
    run = ask(transport, "sandbox/aurora/lite", prompt="violet", seed=4)
    work(lambda: has_ended(run) and not run.artifacts.filter(state="remote").exists())
    assert (run.state, run.output["seed"]) == ("succeeded", 4)
    assert run.request_id
    assert run.sent_at
    assert run.ended_at
    assert run.partial is None
    assert run.artifacts.get().state == "stored"
    assert count_requests(sandbox) == 1


@pytest.mark.any_database
@pytest.mark.system
def test_a_stream_shows_how_far_it_is_and_the_last_event_is_the_output(ask, work, sandbox):
    run = ask("stream", "mischief/clock", prompt="x", words=1000, pause=0.1)
    seen: list[str] = []

    def is_over() -> bool:
        is_ended = has_ended(run)
        if run.partial and not is_ended and run.partial["output"] not in seen:
            seen.append(run.partial["output"])
        # a slow machine writes less often, so the stream goes on until the third text
        if len(seen) == 3:
            sandbox.http.post("/hurry", json={}).raise_for_status()
        return is_ended

    work(is_over)
    assert run.state == "succeeded"
    assert run.started_at
    assert len(seen) >= 3
    for earlier, later in zip(seen, [*seen[1:], run.output["output"]], strict=True):
        assert later.startswith(earlier.rstrip())
    assert run.output["partial"] is False


@pytest.mark.any_database
@pytest.mark.system
@pytest.mark.any_database
@pytest.mark.parametrize(
    ("transport", "status", "state", "what"),
    sample(
        [
            (transport, *ends)
            for transport in DIRECT
            for ends in (("429", "succeeded", "later"), ("503", "unconfirmed", "broke"))
        ],
        2,
        by_seed=1,
    ),
)
def test_a_503_that_came_when_a_model_may_have_worked_leaves_that_open(
    ask, work, sandbox, transport, status, state, what
):
    """After a 429 the run is sent again, because no model had it."""
    sandbox.fault("requests", "503", times=1000)
    run = ask(transport, "sandbox/scribe", **CALM)
    sandbox.fault("stream" if transport == "stream" else "run", status, value=0.2)
    limits = WorkerLimits(direct=DirectLimits(turned_away_within_s=0))
    work(lambda: has_state(run, state), worker_limits=limits)
    assert [event["what"] for event in run.events] == [what]
    assert count_requests(sandbox) == (1 if state == "unconfirmed" else 2)


@pytest.mark.any_database
@pytest.mark.system
def test_a_model_that_had_failed_is_told_by_upstreams_list():
    row = fal.PastRequest("r", "x/y", ended_at=timezone.now(), status_code=422)
    seen = reconciliation.outcome_of_row(replace(row, output={"detail": "No."}))
    assert seen.error
    assert (seen.state, seen.error["message"], seen.error["status"]) == ("failed", "No.", 422)
    stopped = reconciliation.outcome_of_row(replace(row, status_code=499))
    assert stopped.error
    assert (stopped.state, stopped.error["type"]) == ("failed", "stream_broken")
    assert reconciliation.outcome_of_row(replace(row, ended_at=None)).state == ""
    assert (
        reconciliation.outcome_of_row(replace(row, status_code=200)).state == ""
    )  # its payload is unknown


@pytest.mark.any_database
@pytest.mark.system
@pytest.mark.parametrize("transport", sample([Transport.SYNC, Transport.WEBSOCKET], 0, by_seed=1))
def test_cancel_closes_the_connection_and_so_ends_the_work(ask, work, sandbox, transport):
    run = ask(transport, "mischief/slow", duration=60, picture=False)

    def cancelled() -> bool:
        if has_state(run, "running") and run.cancel_requested_at is None:
            state_machine.request_cancel(run.pk)
        return has_ended(run)

    work(cancelled)
    assert run.state == "cancelled"


@pytest.mark.any_database
@pytest.mark.system
@pytest.mark.parametrize("transport", sample([Transport.SYNC, Transport.WEBSOCKET], 0, by_seed=1))
def test_a_result_whose_answer_broke_off_is_found_in_upstreams_list(ask, work, sandbox, transport):
    run = ask(transport, "sandbox/ridgeline", prompt="found", seed=7)
    sandbox.fault("run", "lost")
    work(lambda: has_ended(run) and not run.artifacts.filter(state="remote").exists())
    assert (run.state, run.output["seed"]) == ("succeeded", 7)
    assert run.artifacts.get().state == "stored"
    assert [event["what"] for event in run.events] == ["broke", "found"]
    assert count_requests(sandbox) == 1


@pytest.mark.any_database
@pytest.mark.system
@pytest.mark.parametrize("transport", sample([Transport.SYNC, Transport.WEBSOCKET], 0, by_seed=1))
def test_a_worker_that_ends_leaves_the_run_unconfirmed(ask, work, sandbox, transport):
    sandbox.fault("requests", "503", times=1000)
    run = ask(transport, "mischief/slow", duration=60, picture=False)
    work(lambda: has_state(run, "running"), worker_limits=WorkerLimits(stop_within_s=0.2))
    run.refresh_from_db()
    assert run.state == "running"
    work(lambda: has_state(run, "unconfirmed"))
    assert count_requests(sandbox) == 1


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


def test_silence_is_noted_once_and_cleared_by_the_next_event(observations):
    async def story(teller: partial_updates.PartialWriter) -> None:
        await until(observations, 2)
        await asyncio.sleep(0.3)
        for number, text in enumerate("ab", start=3):  # each event is one write
            teller.add(piece(text))
            await until(observations, number)
        await until(observations, 5)

    carry_story(observations, story, is_streamed=True)
    notes = [(observation.note, observation.partial) for observation in observations]
    assert notes == [
        ("", None),
        (partial_updates.NOTHING_YET, None),
        ("", {"output": "a"}),
        ("", {"output": "b"}),
        (partial_updates.NOTHING_MORE, None),
    ]


def test_a_transport_without_events_gets_no_silence_note(observations):
    carry_story(observations, lambda teller: asyncio.sleep(0.3))
    assert [observation.note for observation in observations] == [""]


def test_a_stalled_stream_is_noted_on_its_run_and_keeps_its_output(ask, work, sandbox):
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
def test_partial_output_before_a_models_error_is_kept(make_run, last, stored_partial):
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
