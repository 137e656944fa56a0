"""Webhooks reach runs exactly as section 10 demands.

Early, late, twice, forged, without keys (C28 to C30).
"""

import asyncio
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest.mock import Mock

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.db import DataError, connections
from django.test import RequestFactory
from django.utils import timezone

from catalog import upstream
from fal import Handle
from runs.models import Run, WebhookReport
from runs.state import state_machine
from runs.state.transitions import Observation
from runs.views.webhooks import fal as webhook
from runs.worker import submit
from runs.worker.circuit_breaker import BreakerRegistry
from runs.worker.scheduling import leases
from runs.worker.webhooks import deliveries
from tests.runs.signer import OUTPUT, Fal
from tests.statements import before

pytestmark = pytest.mark.both_databases

State = Run.State
FAILING = httpx.Response(500)
HANDLE = Handle.rebuilt("https://queue.fal.run", "fal-ai/flux/dev", "r1")


def test_a_submit_carries_its_webhook_address(signer, settings, make_run):
    run = make_run()
    address = f"https://vitrine.example/webhooks/fal/{run.webhook_token}/"
    assert deliveries.address(run) == address
    settings.PUBLIC_URL = ""
    assert deliveries.address(run) is None


@pytest.mark.parametrize(
    "state", [State.SUBMITTING, State.UNCONFIRMED, State.QUEUED, State.RUNNING]
)
def test_c28_a_webhook_ends_a_run_once_at_any_time(deliver, make_run, state):
    run = make_run(state=state, sent_at=timezone.now())
    assert deliver(run, payload=OUTPUT) == 200
    run.refresh_from_db()
    assert (run.state, run.output, run.request_id) == ("succeeded", OUTPUT, "r1")
    assert run.artifacts.count() == 1
    version = run.version
    assert deliver(run, payload=OUTPUT) == 200
    assert deliver(run, status="ERROR", error="late") == 200
    late = Observation(State.QUEUED, by="submit", request_id="r1", queue_position=1)
    assert not state_machine.record(run.pk, late)
    run.refresh_from_db()
    assert (run.version, run.state, run.artifacts.count()) == (version, "succeeded", 1)


def test_c29_an_error_keeps_the_models_detail(deliver, make_run):
    run = make_run(state=State.RUNNING, request_id="r1")
    detail = [{"loc": ["body", "prompt"], "msg": "field required", "type": "missing"}]
    report = {"status": "ERROR", "error": "Invalid status code: 422", "payload": {"detail": detail}}
    assert deliver(run, **report) == 200
    run.refresh_from_db()
    assert run.state == "failed"
    assert (run.error["status"], run.error["detail"]) == (422, detail)


def test_a_forged_or_malformed_delivery_is_refused_and_changes_nothing(deliver, make_run, client):
    run = make_run(state=State.RUNNING, request_id="r1")
    assert deliver(run, payload=OUTPUT, signer=Fal()) == 401
    assert deliver(run, payload=OUTPUT, request_id="r2") == 401  # header and body disagree
    assert (
        client.post(f"/webhooks/fal/{run.webhook_token}/", b"{}", "text/plain").status_code == 401
    )
    assert client.get(f"/webhooks/fal/{run.webhook_token}/").status_code == 405
    run.refresh_from_db()
    assert (run.state, run.version) == ("running", 1)


def test_a_delivery_for_an_unknown_run_is_acknowledged_only_if_genuine(deliver):
    assert deliver("nobody", payload=OUTPUT) == 200
    assert deliver("nobody", payload=OUTPUT, signer=Fal()) == 401
    assert deliver("x" * 5000, payload=OUTPUT) == 200


@pytest.mark.parametrize(
    "values",
    [
        {"state": State.RUNNING, "request_id": "another"},
        {"state": State.UNCONFIRMED, "sent_at": timezone.now()},  # nobody knows its request
    ],
)
def test_a_delivery_for_another_runs_request_is_acknowledged_and_ignored(deliver, make_run, values):
    make_run(state=State.RUNNING, request_id="r1")
    run = make_run(**values)
    assert deliver(run, payload=OUTPUT) == 200
    run.refresh_from_db()
    assert (run.state, run.request_id) == (values["state"], values.get("request_id", ""))


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[]", b"\xff", b"[" * 50_000])
def test_a_genuine_unreadable_delivery_causes_a_fetch_of_the_result(
    deliver, signer, make_run, body, transactional_db
):
    run = make_run(state=State.RUNNING, request_id="r1")
    assert deliver(run, body) == 200
    signer.tend()
    run.refresh_from_db()
    assert (run.state, run.output) == ("succeeded", OUTPUT)


def test_a_delivery_with_an_unexpected_error_does_not_block_others(
    deliver, signer, make_run, transactional_db, caplog
):
    odd, run = (make_run(state=State.RUNNING, request_id="r1") for _ in range(2))
    assert deliver(odd, b"") == deliver(run, b"") == 200

    def refuse(sql: str, params: Any) -> None:
        if sql.startswith('UPDATE "playground_run"') and odd.pk.hex in str(params).replace("-", ""):
            raise DataError("who would have thought")

    with before(refuse):
        signer.tend()
    run.refresh_from_db()
    assert (run.state, WebhookReport.objects.get().run_id) == ("succeeded", odd.pk)
    assert "who would have thought" in caplog.text


@pytest.mark.parametrize(
    "answer", [httpx.Response(400, json={"detail": "Request is still in progress"}), FAILING]
)
def test_c29_a_delivery_without_payload_or_result_yet_is_followed(
    deliver, signer, make_run, transactional_db, answer
):
    run = make_run(state=State.UNCONFIRMED, sent_at=timezone.now())
    assert deliver(run, payload=None, payload_error="Not serializable") == 200
    signer.result = answer
    signer.tend()
    assert not WebhookReport.objects.exists()
    run.refresh_from_db()
    assert (run.state, run.request_id, run.handle["request_id"]) == ("running", "r1", "r1")
    assert leases.claim("w", 5).to_follow == [run.pk]


@pytest.mark.parametrize(
    "values",
    [
        {"state": State.UNCONFIRMED, "sent_at": timezone.now()},
        {"state": State.RUNNING, "request_id": "r1", "handle": HANDLE.as_json()},
    ],
    ids=["lost", "followed"],
)
def test_c29_a_missing_payload_is_fetched_from_the_queue(
    deliver, signer, make_run, transactional_db, values
):
    run = make_run(**values)
    assert deliver(run, payload=None, payload_error="Not serializable") == 200
    signer.tend()
    run.refresh_from_db()
    assert (run.state, run.output, run.billable_units) == ("succeeded", OUTPUT, "2")
    assert run.request_id == "r1"
    assert not WebhookReport.objects.exists()


def test_c29_nothing_is_fetched_for_a_run_that_has_ended_meanwhile(
    deliver, signer, make_run, transactional_db
):
    run = make_run(state=State.RUNNING, request_id="r1")
    assert deliver(run, payload=None, payload_error="Not serializable") == 200
    state_machine.record(run.pk, Observation(State.SUCCEEDED, output={"by": "poll"}))
    signer.tend()
    run.refresh_from_db()
    assert (run.output, signer.fetched) == ({"by": "poll"}, [])
    assert not WebhookReport.objects.exists()


def test_a_delivery_that_is_too_large_is_refused_unread(deliver, make_run):
    run = make_run(state=State.RUNNING)
    assert deliver(run, b" " * (deliveries.LARGEST_BYTES + 1)) == 413


def test_an_unsigned_delivery_is_refused_before_its_body_is_read(signer, make_run):
    request = RequestFactory().post("/", b"megabytes", "text/plain")
    request.read = Mock(side_effect=AssertionError("it was read"))  # type: ignore[method-assign]
    token = make_run(state=State.QUEUED).webhook_token
    signed = signer.signed(b"megabytes")
    stale = signer.signed(b"megabytes", at=time.time() - 3600)
    for headers in ({}, dict(list(signed.items())[:3]), stale):
        request.META |= {f"HTTP_{name.upper().replace('-', '_')}": v for name, v in headers.items()}
        request.__dict__.pop("headers", None)
        assert webhook(request, token).status_code == 401


def test_c28_concurrent_reports_of_one_end_are_recorded_once(signer, make_run, transactional_db):
    run = make_run(state=State.RUNNING, request_id="r1")
    body = json.dumps({"request_id": "r1", "status": "OK", "payload": OUTPUT}).encode()

    def post(_: int) -> int:
        try:
            return int(deliveries.receive(run.webhook_token, signer.signed(body), body))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(post, range(12))) == {200}
    run.refresh_from_db()
    assert (run.state, run.version, run.artifacts.count()) == ("succeeded", 2, 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_early", [True, False])
def test_a_run_that_ended_before_its_submits_answer_is_not_followed(make_run, is_early):
    run = make_run(state=State.SUBMITTING)

    async def answer(request: httpx.Request) -> httpx.Response:
        if is_early:
            seen = Observation(State.SUCCEEDED, "webhook", request_id="r1", output=OUTPUT)
            assert await state_machine.arecord(run.pk, seen)
        return httpx.Response(200, json={"request_id": "r1"})

    async def send() -> Handle | None:
        try:
            async with upstream.clients(transport=httpx.MockTransport(answer)) as clients:
                return await submit.submit_run(run, clients, BreakerRegistry().account)
        finally:
            await sync_to_async(connections.close_all)()

    handle = asyncio.run(send())
    assert (handle is None) == is_early
    run.refresh_from_db()
    assert run.state == (State.SUCCEEDED if is_early else State.QUEUED)


def test_a_payload_with_numbers_outside_json_is_fetched_literally(
    deliver, signer, make_run, transactional_db
):
    run = make_run(state=State.RUNNING, request_id="r1")
    body = b'{"request_id": "r1", "status": "OK", "payload": {"score": NaN}}'
    assert deliver(run, body) == 200
    signer.result = httpx.Response(200, text='{"score": NaN}')
    signer.tend()
    run.refresh_from_db()
    assert (run.state, run.output, run.output_text) == (
        "succeeded",
        {"score": None},
        '{"score": NaN}',
    )
