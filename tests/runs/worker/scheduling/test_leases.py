"""Claiming runs: limits, turns between users, and leases that run out."""

import uuid
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.db import clock
from runs.models import Run
from runs.state import state_machine
from runs.state.transitions import Observation
from runs.worker.scheduling import lease_queries, leases
from runs.worker.scheduling.fair_scheduling import SubmitLimits
from tests.runs.at_once import at_once

pytestmark = pytest.mark.both_databases

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def limits(settings: Any) -> Any:
    settings.RUNS_AT_ONCE, settings.RUNS_AT_ONCE_PER_USER = 5, 3
    return settings


def test_runs_of_every_worker_count_towards_the_limit(limits, make_run, stranger):
    for state in ("submitting", "queued", "running"):
        make_run(state=state, worker="elsewhere", handle={}, lease_until=START.replace(year=2100))
    mine, theirs = make_run(), [make_run(user=stranger) for _ in range(3)]
    assert leases.has_free()
    assert leases.claim("w", 100).to_send == theirs[:2]
    assert not leases.has_free()
    Run.objects.filter(state="running").update(state="succeeded")
    assert [run.pk for run in leases.claim("w", 100).to_send] == [mine.pk]


def test_runs_under_way_are_taken_over_beyond_any_limit(limits, make_run):
    sent = [make_run(state="queued", handle={"request_id": "r"}) for _ in range(7)]
    make_run()
    claim = leases.claim("w", 100)
    assert claim.to_follow == [run.pk for run in sent]
    assert not claim.to_send


def test_nothing_is_sent_while_upstream_is_down(make_run):
    make_run()
    assert not leases.has_free(SubmitLimits({"queue": 0}))
    assert not leases.claim("w", 100, submit_limits=SubmitLimits({"queue": 0})).to_send


def test_a_worker_learns_what_another_has_taken_over(make_run):
    runs = [make_run(state="queued", handle={"request_id": "r"}) for _ in range(2)]
    leases.claim("one", 9)
    Run.objects.filter(pk=runs[0].pk).update(lease_until=START)
    assert leases.claim("two", 9).to_follow == [runs[0].pk]
    assert leases.renew("one", [run.pk for run in runs]) == {runs[0].pk}


@pytest.mark.parametrize(
    "begun",
    [
        {"state": "running", "transport": "stream"},
        {"state": "submitting"},
        {"state": "queued", "handle": {"request_id": "r"}},
    ],
)
def test_a_worker_continues_its_runs_after_a_sleep(make_run, begun):
    """Its own lease ran out: the machine was suspended, or the database locked for long."""
    run = make_run(**begun, sent_at=START, worker="w", lease_until=START)
    claim = leases.claim("w", 9, held={run.pk})
    assert (claim.to_send, claim.to_follow) == ([], [])
    run.refresh_from_db()
    assert (run.state, run.events) == (begun["state"], [])
    assert not leases.has_free()


def test_after_a_database_stall_each_worker_renews_its_leases(make_run):
    """All leases ran out together, so their holders may still be alive."""
    theirs = make_run(
        state="running", transport="sync", sent_at=START, worker="other", lease_until=START
    )
    handed_back = make_run(state="queued", handle={"request_id": "r"}, lease_until=None)
    claim = leases.claim("w", 9, is_after_stall=True)
    assert (claim.to_send, claim.to_follow) == ([], [handed_back.pk])
    theirs.refresh_from_db()
    assert (theirs.state, theirs.worker, theirs.events) == ("running", "other", [])
    leases.claim("w", 9)
    theirs.refresh_from_db()
    assert theirs.state == "unconfirmed"


def test_a_run_presumed_lost_is_kept_by_the_worker_still_hearing_it(make_run):
    run = make_run(
        state="running", transport="stream", sent_at=START, worker="w", lease_until=START
    )
    leases.claim("other", 9)
    for text in ("a", "ab"):
        state_machine.record(run.pk, Observation(Run.State.RUNNING, partial={"output": text}))
        leases.claim("other", 9)
    leases.renew("w", [run.pk])
    run.refresh_from_db()
    assert (run.state, run.worker, run.partial) == ("running", "w", {"output": "ab"})
    assert [event["what"] for event in run.events] == ["broke", "found"]


def test_a_worker_is_told_of_runs_cancelled_before_their_submit(make_run):
    """Its files are still being uploaded, but nobody wants the result any more."""
    going_up, sent = (make_run(state="submitting", sent_at=at) for at in (None, START))
    for run in (going_up, sent):
        state_machine.request_cancel(run.pk)
    assert leases.renew("one", [going_up.pk, sent.pk]) == {going_up.pk}


def test_a_claim_marks_runs_as_sent_unless_they_need_preparation(make_run, make_endpoint):
    """Preparation: a file to upload, a blocked model, or a caller that still holds the run."""
    blocked = make_endpoint("fal-ai/blocked", mark="blocked")
    upload = f"/uploads/{uuid.uuid4()}/cat.png"
    plain, ahead, held, of_blocked, with_file = (
        make_run(),
        make_run(),
        make_run(),
        make_run(endpoint=blocked),
        make_run(arguments={"images": [{"url": upload}]}),
    )
    now = clock.now()
    Run.objects.filter(pk=ahead.pk).update(created_at=now + timedelta(hours=1))
    claim = leases.claim("w", 9, now, submits_at_once=lambda run: run.pk != held.pk)
    sent = {run.pk: run.sent_at for run in claim.to_send}
    assert dict(Run.objects.values_list("pk", "sent_at")) == sent
    assert sent == {
        plain.pk: now,
        ahead.pk: now + timedelta(hours=1),  # a wrong clock elsewhere: a run's times stay in order
        held.pk: None,
        of_blocked.pk: None,
        with_file.pk: None,
    }
    left = {plain.pk, ahead.pk}
    assert {run.pk for run in Run.objects.filter(version=plain.version + 1)} == left
    assert set(Run.objects.values_list("state", "worker", "attempts")) == {("submitting", "w", 1)}


def test_only_a_small_claim_is_marked_as_sent(limits, make_run):
    limits.RUNS_AT_ONCE = limits.RUNS_AT_ONCE_PER_USER = 99
    few = [make_run() for _ in range(lease_queries.FEW_FREE - 1)]
    claim = leases.claim("w", 99, submits_at_once=lambda run: True)
    assert all(run.sent_at for run in claim.to_send)
    assert len(claim.to_send) == len(few)
    for _ in range(lease_queries.FEW_FREE):
        make_run()
    claim = leases.claim("w", 99, submits_at_once=lambda run: True)
    assert not any(run.sent_at for run in claim.to_send)
    assert len(claim.to_send) == lease_queries.FEW_FREE


@pytest.mark.parametrize("count", [2, lease_queries.FEW_FREE + 1])
def test_while_a_host_fails_models_not_tried_yet_go_first(limits, make_run, make_endpoint, count):
    limits.RUNS_AT_ONCE_PER_USER = 2
    odd = [make_run() for _ in range(count)]
    other = make_run(endpoint=make_endpoint("fal-ai/other"))
    attempts = {odd[0].endpoint_id: 1}
    claim = leases.claim("w", 99, submit_limits=SubmitLimits({"queue": 1}), attempts=attempts)
    assert [run.pk for run in claim.to_send] == [other.pk]


def test_a_claim_whose_commit_was_not_confirmed_is_undone(make_run):
    unheard, sent, other, earlier = (make_run() for _ in range(4))
    now = clock.now()
    leases.claim("w", 9, now, submits_at_once=lambda run: True)
    Run.objects.filter(pk=sent.pk).update(state="queued", handle={"request_id": "r"})
    Run.objects.filter(pk=other.pk).update(worker="other")
    Run.objects.filter(pk=earlier.pk).update(lease_until=now)
    leases.undo_claim("w", now)
    (again,) = leases.claim("w", 9, now).to_send
    assert (again.pk, again.sent_at, again.attempts) == (unheard.pk, None, 2)


@pytest.mark.django_db(transaction=True)
def test_workers_side_by_side_share_the_work_and_keep_the_limit(limits, make_run):
    limits.RUNS_AT_ONCE, limits.RUNS_AT_ONCE_PER_USER = 12, 12
    for _ in range(30):
        make_run()

    def work(name: str) -> list[uuid.UUID]:
        return [run.pk for _ in range(4) for run in leases.claim(name, 2).to_send]

    shares = at_once(*(partial(work, f"w{number}") for number in range(4)))
    claimed = [pk for share in shares for pk in share]
    assert len(claimed) == len(set(claimed)) == 12


def test_looking_for_work_reads_unfinished_runs_alone(make_run):
    """However long the history is: every look uses the partial index."""
    for _ in range(300):
        make_run(state="succeeded")
    make_run()
    with CaptureQueriesContext(connection) as looked:
        assert leases.has_free()
    looks = [query["sql"] for query in looked if "playground_run" in query["sql"]]
    assert looks
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE playground_run")
        for sql in looks:
            is_sqlite = connection.vendor == "sqlite"
            cursor.execute(f"EXPLAIN {'QUERY PLAN ' if is_sqlite else ''}{sql}")
            assert "run_unfinished" in str(cursor.fetchall()), sql


def test_while_a_host_fails_runs_not_tried_yet_go_first(limits, make_run):
    limits.RUNS_AT_ONCE_PER_USER = 2
    for _ in range(lease_queries.FEW_FREE + 1):
        make_run(attempts=3)
    fresh = make_run()
    claim = leases.claim("w", 99, submit_limits=SubmitLimits({"queue": 1}))
    assert [run.pk for run in claim.to_send] == [fresh.pk]
