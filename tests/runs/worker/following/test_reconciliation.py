"""A submit whose answer was lost.

It is found again by its arguments, never guessed, and never sent again by itself.
"""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

import fal
from catalog.models import Endpoint
from fal import PastRequest
from runs.models import Run
from runs.results import timeline
from runs.state import state_machine
from runs.state.transitions import Observation
from runs.worker.circuit_breaker import BreakerRegistry
from runs.worker.following import follow, reconciliation
from runs.worker.following.context import FollowContext
from runs.worker.limits import Patience
from tests.runs.conftest import alone, without_pauses
from tests.runs.start.started import start_run

pytestmark = [pytest.mark.both_databases, pytest.mark.system]  # these tests take long

State = Run.State


@pytest.fixture
def lost(make_run: Any) -> Run:
    """A run whose submit got no answer."""
    run: Run = make_run(state=State.UNCONFIRMED, sent_at=timezone.now(), arguments={"a": 1})
    return run


def request(
    request_id: str = "r1", arguments: Any = None, sent_at: datetime | None = None, **more: Any
) -> PastRequest:
    at = sent_at or timezone.now()
    return PastRequest(request_id, "fal-ai/flux/dev", at, arguments=arguments or {"a": 1}, **more)


def test_the_only_request_with_the_arguments_sent_matches(lost):
    others = [request("r2", {"a": 2}), request("r3", {"a": True}), request("r4", {"a": 1, "b": 2})]
    assert reconciliation.match(lost, [*others, request("r1", {"a": 1.0}, lost.sent_at)]) == "r1"
    assert reconciliation.match(lost, others) is None
    assert reconciliation.match(lost, [request("r1"), request("r2")]) is None  # which of them?
    assert reconciliation.match(lost, [request("r1"), request("r1")]) == "r1"

    lost.sent_arguments = {"a": "https://v3.fal.media/x.png"}
    assert reconciliation.match(lost, [request("r1", {"a": 1})]) is None
    assert reconciliation.match(lost, [request("r1", lost.sent_arguments)]) == "r1"


def test_a_request_of_another_run_does_not_match(lost, make_run):
    make_run(state=State.SUCCEEDED, request_id="r1")
    assert reconciliation.match(lost, [request("r1")]) is None
    assert reconciliation.match(lost, [request("r1"), request("r2")]) == "r2"


@pytest.mark.parametrize("state", [State.SUBMITTING, State.UNCONFIRMED, State.CANCELLED])
def test_no_match_is_made_while_a_twin_that_was_sent_awaits_its_answer(lost, make_run, state):
    make_run(state=State.CANCELLED, arguments={"a": 1})  # never sent
    twin = make_run(state=state, sent_at=timezone.now(), arguments={"a": 1})
    assert reconciliation.match(lost, [request("r1")]) is None
    twin.delete()
    assert reconciliation.match(lost, [request("r1")]) == "r1"


@pytest.mark.parametrize(
    ("seconds", "fits"), [(-60, False), (-5, True), (300, True), (1800, False)]
)
def test_only_a_request_of_the_same_time_matches(lost, seconds, fits):
    at = reconciliation.sent_at(lost) + timedelta(seconds=seconds)
    assert (reconciliation.match(lost, [request(sent_at=at)]) == "r1") == fits


@pytest.mark.parametrize("ahead_s", [900, -600, -7200])
def test_upstreams_clock_offset_is_read_from_its_answers(lost, ahead_s):
    ahead, at = timedelta(seconds=ahead_s), reconciliation.sent_at(lost)
    row = request(sent_at=at + ahead, ended_at=at + ahead + timedelta(seconds=2))
    assert reconciliation.match(lost, [row]) is None
    assert reconciliation.match(lost, [row], ahead) == "r1"
    assert (
        reconciliation.match(lost, [request(sent_at=lost.sent_at)], ahead) == "r1"
    )  # a request stamped by our clock


def test_a_request_that_ended_earlier_or_has_no_time_does_not_match(lost):
    before = reconciliation.sent_at(lost) - timedelta(minutes=1)
    assert reconciliation.match(lost, [request(ended_at=before)]) is None
    timeless = PastRequest("r1", "fal-ai/flux/dev", arguments={"a": 1})
    assert reconciliation.match(lost, [timeless]) is None


def test_twins_have_one_request_each_in_their_order(lost, make_run):
    later = timezone.now() + timedelta(seconds=2)
    twin = make_run(state=State.UNCONFIRMED, sent_at=later, arguments={"a": 1})
    rows = [request("r2", sent_at=later), request("r1", sent_at=lost.sent_at)]
    assert [reconciliation.match(run, rows) for run in (lost, twin)] == ["r1", "r2"]
    assert reconciliation.match(lost, [*rows, request("r3")]) is None


@pytest.mark.parametrize("by", ["submit", "webhook"])
def test_an_authoritative_report_corrects_a_wrong_match(lost, by):
    guess = Observation(State.QUEUED, by="list", request_id="r1", handle={"request_id": "r1"})
    assert state_machine.record(lost.pk, guess)
    observation = Observation(State.RUNNING, by=by, request_id="r2")
    assert not state_machine.record(lost.pk, replace(observation, by="result"))
    assert state_machine.record(lost.pk, observation)
    lost.refresh_from_db()
    assert (lost.request_id, lost.handle, lost.state) == ("r2", None, State.RUNNING)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_lost", [True, False], ids=["its submit", "its result"])
def test_a_request_the_queue_forgot_is_found_in_the_list(make_run, is_lost):
    now = timezone.now()
    state = State.UNCONFIRMED if is_lost else State.RUNNING
    handle = fal.Handle.rebuilt("https://queue.fal.run", "fal-ai/flux/dev", "r1")
    identity = {} if is_lost else {"request_id": "r1", "handle": handle.as_json()}
    run = make_run(state=state, sent_at=now, arguments={"a": 1}, **identity)
    row = {
        "request_id": "r1",
        "endpoint_id": "fal-ai/flux/dev",
        "sent_at": now.isoformat(),
        "ended_at": now.isoformat(),
        "status_code": 200,
        "json_input": {"a": 1},
        "json_output": {"text": "kept in the list"},
    }

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("by-endpoint"):
            # With a known request id, the query contains it: others may fill the list's pages.
            assert request.url.params.get("request_id") == (None if is_lost else "r1")
            return httpx.Response(200, json={"items": [row], "has_more": False})
        return httpx.Response(404, json={"detail": "Request not found"})

    async def look() -> None:
        wire = httpx.MockTransport(answer)
        async with fal.Clients(fal.Addresses(), "a:b", transport=wire) as clients:
            if is_lost:
                await reconciliation.reconcile_due(clients)
            else:
                await follow.follow(
                    run.pk,
                    handle,
                    clients,
                    FollowContext(BreakerRegistry()),
                    Patience(lost_after_s=0),
                )

    asyncio.run(asyncio.wait_for(alone(look()), 30))
    run.refresh_from_db()
    assert (run.state, run.output) == ("succeeded", {"text": "kept in the list"})


def test_searches_become_rarer_and_end_after_an_hour(lost):
    since, looks = timedelta(0), 0
    while since < reconciliation.RECONCILED_FOR:
        since, looks = since + reconciliation.next_query_after(since), looks + 1
    assert 10 < looks < 30
    assert reconciliation._due() == [lost]
    assert reconciliation._due() == []  # another worker has claimed it
    old = timezone.now() - timedelta(minutes=61)
    Run.objects.update(lease_until=None, sent_at=old, created_at=old)
    assert reconciliation._due() == []
    lost.refresh_from_db()
    assert not reconciliation.is_being_reconciled(lost)


def test_sending_again_starts_one_new_run_and_the_lost_one_can_be_found(member, lost):
    def read_page() -> str:
        return member.get(lost.get_absolute_url()).content.decode()

    assert "Send again" in read_page()
    answer = member.post(f"/runs/{lost.pk}/repetition/")
    again = Run.objects.exclude(pk=lost.pk).get()
    assert answer["Location"] == again.get_absolute_url()
    assert (again.state, again.arguments) == (State.CREATED, lost.arguments)
    lost.refresh_from_db()
    assert lost.state == State.UNCONFIRMED
    assert [(event["what"], event["text"]) for event in lost.events] == [("again", str(again.pk))]
    page = read_page()
    assert "Send again" not in page
    assert f'<a href="{again.get_absolute_url()}">' in page
    assert "Give it up" in page

    Run.objects.update(created_at=timezone.now() - timedelta(minutes=1))  # pressed much later
    answer = member.post(f"/runs/{lost.pk}/repetition/")
    assert answer["Location"] == again.get_absolute_url()
    assert Run.objects.count() == 2


def test_giving_up_asks_for_confirmation_and_is_final(member, lost):
    page = member.get(lost.get_absolute_url()).content.decode()
    question = page.partition('<details class="give-up line">')[2].partition("</details>")[0]
    assert page.count("/cancellation/") == question.count("/cancellation/") == 2

    member.post(f"/runs/{lost.pk}/cancellation/")
    page = member.get(lost.get_absolute_url()).content.decode()
    assert "upstream may still finish it and charge for it" in page
    assert "never sent" not in page
    lost.refresh_from_db()
    assert lost.state == State.CANCELLED
    assert [moment.what for moment in timeline.moments(lost)][-1] == "Given up"
    assert not state_machine.record(lost.pk, Observation(State.SUCCEEDED, output=1))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("ahead_s", [0, 900, -7200])
def test_a_lost_submit_is_found_with_any_clock_offset(make_run, ahead_s):
    sent = timezone.now()
    run = make_run(state=State.UNCONFIRMED, sent_at=sent, arguments={"a": 1})
    theirs = sent + timedelta(seconds=ahead_s)
    row = {"request_id": "r1", "sent_at": theirs.isoformat(), "json_input": {"a": 1}}

    def answer(request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("by-endpoint"):
            return httpx.Response(200, json={"status": "IN_QUEUE"})
        items = [row] if datetime.fromisoformat(request.url.params["start"]) <= theirs else []
        date = format_datetime(theirs.astimezone(UTC), usegmt=True)
        return httpx.Response(200, json={"items": items}, headers={"date": date})

    async def look() -> None:
        async with fal.Clients(
            fal.Addresses(), "a:b", transport=httpx.MockTransport(answer)
        ) as clients:
            for _ in range(2):
                await sync_to_async(Run.objects.filter(pk=run.pk).update)(lease_until=None)
                await reconciliation.reconcile_due(clients)

    asyncio.run(asyncio.wait_for(alone(look()), 30))
    run.refresh_from_db()
    assert (run.state, run.request_id) == ("queued", "r1")


@pytest.mark.parametrize("status", ["404", "501"])
def test_no_search_is_promised_without_a_request_list(
    catalogue, work, sandbox, member, user, status
):
    """The run's page says what the user can do.

    Once the list is available again, the worker searches it all the same.
    """
    endpoint = Endpoint.objects.get(endpoint_id="sandbox/ridgeline")
    # Nobody could tell which of two requests with the same input is this run.
    arguments = {"prompt": status, "seed": 4}
    run, _ = start_run(user=user, endpoint=endpoint, key="1", arguments=arguments)
    sandbox.fault("submit", "lost")
    # 5xx answers are retried at once
    sandbox.fault("requests", status, times=2 if status == "404" else 6)
    page: list[str] = []

    def until() -> bool:
        now = Run.objects.get(pk=run.pk)
        if not page and reconciliation.has_no_list(now):
            page.append(member.get(run.get_absolute_url()).content.decode())
        return now.state == "succeeded"

    work(without_pauses(until))
    assert "Upstream has no list of requests, so Vitrine cannot look for it." in page[0]
    assert "Check in your account at upstream whether it ran" in page[0]
    assert "looks for it in upstream" not in page[0]
    assert "Keep looking" not in page[0]
    run.refresh_from_db()
    events = [event["what"] for event in run.events]
    assert events == ["lost", "unlisted", "listed", "found"]
    assert sandbox.calls()["submit"] == 1


def test_without_a_request_list_only_a_webhook_can_end_a_lost_run(member, lost, settings):
    state_machine.note_event(lost.pk, reconciliation.UNLISTED, reconciliation.NO_LIST)
    notice = "only a report from upstream can still end it"
    assert notice not in member.get(lost.get_absolute_url()).content.decode().replace("'", "&#x27;")
    settings.PUBLIC_URL = "https://vitrine.example"
    assert notice in member.get(lost.get_absolute_url()).content.decode().replace("'", "&#x27;")


@pytest.mark.parametrize(
    ("error", "notice"),
    [
        (fal.UpstreamFailed("Out of order", status=500), "Upstream answered 500: Out of order."),
        (
            fal.UpstreamFailed("fal answered 524 and did not say why.", status=524),
            "Upstream answered 524 and did not say why.",
        ),
        (
            fal.Unreadable("The answer could not be read.", status=200),
            "Upstream answered, and the answer could not be read.",
        ),
        (fal.Unreachable("No answer came."), "The answer to the submission was lost."),
    ],
)
def test_the_notice_says_what_upstream_answered(member, make_run, error, notice):
    run = make_run(state=State.SUBMITTING, sent_at=timezone.now())
    seen = Observation(State.UNCONFIRMED, by="submit", error=error.as_json())
    state_machine.record(run.pk, seen)
    page = member.get(run.get_absolute_url()).content.decode()
    assert f"<p>{notice} <b>It may have been charged" in page
