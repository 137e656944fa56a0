"""Runs over one connection, against the real sandbox: sent once, reported live, truly ended."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import httpx
import pytest
from django.utils import timezone

import fal
from runs.models import Run, Transport
from runs.state import state_machine
from runs.worker.following import reconciliation
from runs.worker.transports import direct
from tests.runs.conftest import Ask, Control, Work, alone
from tests.sampling import sample

DIRECT = [Transport.SYNC, Transport.STREAM, Transport.WEBSOCKET]


def has_ended(run: Run) -> bool:
    run.refresh_from_db()
    return run.is_final


@pytest.mark.any_database
@pytest.mark.system
@pytest.mark.parametrize("transport", sample(DIRECT, 0, by_seed=1))
def test_a_run_is_one_request_and_ends_like_any_other(
    ask: Ask, work: Work, sandbox: Control, transport: str
) -> None:
    run = ask("sandbox/aurora/lite", transport, prompt="violet", seed=4)
    sandbox.http.delete("/calls")
    work(lambda: has_ended(run) and not run.artifacts.filter(state="remote").exists())
    assert (run.state, run.output["seed"]) == ("succeeded", 4)
    assert run.request_id
    assert run.sent_at
    assert run.ended_at
    assert run.partial is None
    assert run.artifacts.get().state == "stored"
    calls = sandbox.calls()  # a WebSocket counts as a run
    assert sum(calls.get(kind, 0) for kind in ("run", "stream", "submit")) == 1


@pytest.mark.any_database
@pytest.mark.system
def test_a_stream_shows_how_far_it_is_and_the_last_event_is_the_output(
    ask: Ask, work: Work, sandbox: Control
) -> None:
    run = ask("mischief/clock", "stream", prompt="x", words=1000, pause=0.1)
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
def test_a_model_that_had_failed_is_told_by_upstreams_list() -> None:
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
def test_cancel_closes_the_connection_and_so_ends_the_work(
    ask: Ask, work: Work, sandbox: Control, transport: str
) -> None:
    run = ask("mischief/slow", transport, duration=60, picture=False)

    def cancelled() -> bool:
        is_over = has_ended(run)
        if run.state == "running" and run.cancel_requested_at is None:
            state_machine.request_cancel(run.pk)
        return is_over

    work(cancelled)
    assert run.state == "cancelled"


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
