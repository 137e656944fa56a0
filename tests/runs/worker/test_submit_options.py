"""The submit sends the options of the caller's program, for every claimed run.

A machine's clock that is set back by an hour delays no run by that hour.
"""

import asyncio
import json
import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import connections
from django.utils import timezone
from hypothesis import assume, given, settings

import fal
from catalog.models import Endpoint
from core.db import clock
from runs.models import Artifact, MetadataBackfill, Run, Upload
from runs.ownership import upstream_retention
from runs.results import outcomes
from runs.state import state_machine
from runs.worker import artifact_copies, circuit_breaker, main, submit, submit_options
from runs.worker.circuit_breaker import BreakerRegistry
from runs.worker.following import reconciliation
from runs.worker.scheduling import leases
from runs.worker.transports import direct
from schemas import build, contract
from schemas.exact import identical
from schemas.validation import validate
from tests.documents import document_ids
from tests.playground.browser_post import post_of
from tests.runs.files.test_inputs import make_artifact
from tests.sampling import sample
from tests.schemas import strategies
from tests.schemas.laws import cases

pytestmark = pytest.mark.django_db(transaction=True)


options_of = async_to_sync(submit_options.options_of)


ASKED = {
    "priority": "low",
    "hint": "session-7",
    "object_lifecycle": {"expiration_duration_seconds": 60},
    "disable_fallback": True,
}


def requests_of(act: Callable[[fal.Clients], Any], answer: httpx.Response) -> list[httpx.Request]:
    """Return the requests of `act(upstream)` to an upstream that gives this answer."""
    requests: list[httpx.Request] = []

    def host(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return answer

    async def main() -> None:
        transport = httpx.MockTransport(host)
        async with fal.Clients(fal.Addresses(), "id:secret", transport=transport) as upstream:
            await act(upstream)
        await sync_to_async(connections.close_all)()

    asyncio.run(main())
    return requests


def submit_request(run: Run) -> httpx.Request:
    """Return the request by which a claimed run is sent."""
    account, taken = BreakerRegistry().account, httpx.Response(200, json={"request_id": "r-1"})
    (request,) = requests_of(lambda upstream: submit.submit_run(run, upstream, account), taken)
    assert Run.objects.get(pk=run.pk).request_id == "r-1"
    return request


def test_the_options_of_a_claimed_run_are_sent_as_headers(make_run):
    make_run(options=ASKED)
    (run,) = leases.claim("me", 1).to_send
    request = submit_request(run)
    assert request.headers["X-Fal-Queue-Priority"] == "low"
    assert request.headers["X-Fal-Runner-Hint"] == "session-7"
    lifecycle = request.headers["X-Fal-Object-Lifecycle-Preference"]
    assert lifecycle == '{"expiration_duration_seconds": 60}'
    assert request.headers["x-app-fal-disable-fallback"] == "true"


def test_a_start_timeout_counts_from_the_call(make_run):
    run = make_run(options={"start_timeout_s": 30.0})
    Run.objects.update(created_at=timezone.now() - timedelta(seconds=20))
    run.refresh_from_db()
    left = options_of(run).start_timeout_s
    assert left is not None
    assert 8 < left < 10.1
    Run.objects.update(created_at=timezone.now() - timedelta(hours=1))
    run.refresh_from_db()
    assert options_of(run).headers()["X-Fal-Request-Timeout"] == "1.001"


def test_a_run_without_options_sends_none(make_run):
    assert options_of(make_run(), "https://x/hook") == fal.SubmitOptions(
        webhook_url="https://x/hook"
    )


AN_HOUR = timedelta(hours=1)


def test_a_run_held_by_a_dead_worker_is_taken_over(make_run):
    held = make_run(
        state="running",
        worker="dead",
        handle={"request_id": "r"},
        lease_until=clock.now() + AN_HOUR + leases.LEASE,
    )
    assert not leases.claim("w", 9).to_follow
    main.correct_times()
    assert leases.claim("w", 9, clock.now() + timedelta(milliseconds=1)).to_follow == [held.pk]


def test_copies_measures_and_backfills_become_due_after_a_clock_correction(make_run, user):
    ahead = clock.now() + AN_HOUR + timedelta(minutes=1)
    run = make_run(state="succeeded")
    make_artifact(run, state="remote", next_attempt_at=ahead)
    MetadataBackfill.objects.create(run=run, due_at=ahead)
    Upload.objects.create(user=user, digest=uuid.uuid4().hex, size_bytes=1, measure_at=ahead)
    main.correct_times()
    until = timezone.now()
    assert Artifact.objects.filter(next_attempt_at__lte=until).exists()
    assert MetadataBackfill.objects.filter(due_at__lte=until).exists()
    assert Upload.objects.filter(measure_at__lte=until).exists()


def test_correct_times_are_not_changed(make_run):
    longest = {column: limit for _, column, limit in main.LONGEST_AHEAD}
    pauses = (submit.LONGEST_PAUSE_S, circuit_breaker.MAX_RETRY_AFTER_S)
    assert timedelta(seconds=max(pauses)) < longest["lease_until"]
    assert min(longest["lease_until"], longest["due_at"]) > reconciliation.SLOWEST_QUERY
    assert timedelta(seconds=artifact_copies.LONGEST_PAUSE_S) < longest["next_attempt_at"]
    pause_end = clock.now() + reconciliation.SLOWEST_QUERY
    run = make_run(state="unconfirmed", lease_until=pause_end)
    main.correct_times()
    run.refresh_from_db()
    assert run.lease_until == pause_end


def test_a_run_that_is_overdue_ends_here_without_a_submit(make_run):
    overdue = make_run(options={"start_timeout_s": 30.0})
    Run.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    patient = make_run(options={"start_timeout_s": 30.0})
    leases.give_up_overdue()
    overdue.refresh_from_db()
    patient.refresh_from_db()
    assert (overdue.state, overdue.state_word, patient.state) == ("failed", "Gave up", "created")
    assert (overdue.error["status"], overdue.error["type"]) == (504, "startup_timeout")
    assert overdue.sent_at is None


@pytest.mark.parametrize("number", [1e300, 10**20, 300_000_000_000, -5, True])
def test_numbers_that_no_time_can_have_stop_neither_a_run_nor_its_page(member, make_run, number):
    """Earlier versions stored them."""
    lifecycle = {"expiration_duration_seconds": number}
    options = {"start_timeout_s": abs(number) + 1e6, "object_lifecycle": lifecycle}
    run = make_run(options=options, request_id="r1", sent_at=timezone.now())
    leases.give_up_overdue()
    assert member.get(run.get_absolute_url()).status_code == 200
    ended = outcomes.from_output({"images": [{"url": "https://example.com/a.png"}]}, by="result")
    assert state_machine.record(run.pk, ended)
    assert member.get(run.get_absolute_url()).status_code == 200
    assert upstream_retention.uploads_for(run.options) is None


def test_an_overdue_run_that_is_claimed_is_not_sent(make_run):
    make_run(options={"start_timeout_s": 30.0})
    Run.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    (run,) = leases.claim("me", 1, submits_at_once=lambda run: True).to_send
    assert not state_machine.mark_submitted(run.pk, set())
    assert Run.objects.get().state_word == "Gave up"


@pytest.mark.parametrize("transport", ["sync", "stream"])
def test_a_direct_run_sends_its_start_timeout(make_run, transport):
    run = make_run(transport=transport, state="submitting", options={"start_timeout_s": 30.0})
    refusal = httpx.Response(422, json={"detail": "no"}, headers={"x-fal-request-id": "r"})
    (request,) = requests_of(lambda upstream: direct.run_directly(run, {}, upstream), refusal)
    assert 28 < float(request.headers["X-Fal-Request-Start-Timeout"]) <= 30


@pytest.mark.system
@pytest.mark.any_database
@pytest.mark.parametrize("endpoint_id", sample(document_ids(), 3, by_seed=1))
def test_the_arguments_filled_in_are_those_sent(member, make_endpoint, documents, endpoint_id):
    endpoint: Endpoint = make_endpoint(endpoint_id, documents[endpoint_id])
    endpoint_contract = contract(documents[endpoint_id], endpoint_id)
    root = build(endpoint_contract)
    page = endpoint.get_absolute_url()

    @settings(max_examples=cases(3))
    @given(strategies.arguments(endpoint_contract.input, documents[endpoint_id]))
    def law(value: dict[str, Any]) -> None:
        assume(not validate(endpoint_contract, value, root))
        # the form removes these characters
        assume(not re.search(r"\\u0000|\\ud[89a-f]", json.dumps(value)))
        Run.objects.all().delete()
        text = member.get(page, {"input": json.dumps(value)}).content.decode()
        start = text.index("<form data-endpoint-id")
        form = text[start : text.index("</form>", start) + len("</form>")]
        response = member.post(page, post_of(form) | {"~do": "run"})
        assert response.status_code == 302, response.content.decode()[:2000]
        run = Run.objects.with_endpoint().get()
        assert identical(run.arguments, value)
        claimed = leases.claim("worker", 1).to_send
        assert [claimed_run.pk for claimed_run in claimed] == [run.pk]
        assert identical(json.loads(submit_request(claimed[0]).content), value)

    law()
