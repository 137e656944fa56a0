"""Facts missing in a webhook are fetched once, by one worker, and stored (5.2, 5.4)."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.utils import timezone

from core.db import clock
from runs.models import MetadataBackfill, Run
from runs.state import state_machine
from runs.state.transitions import Observation
from runs.worker.following import backfill
from tests.runs.signer import OUTPUT, Deliver

State = Run.State
pytestmark = pytest.mark.django_db(transaction=True)


def of_a_minute_ago(make_run: Any) -> Run:
    """Return a run that was queued a minute ago."""
    at = timezone.now() - timedelta(minutes=1)
    run: Run = make_run(state=State.QUEUED, request_id="r1", sent_at=at, queued_at=at)
    Run.objects.filter(pk=run.pk).update(created_at=at)
    return run


@pytest.fixture
def make_reported_run(deliver: Deliver, make_run: Any) -> Any:
    """A run, queued a minute ago, that only its webhook ended.

    `make_reported_run(status="ERROR")`: with an error.
    """

    def make(**fields: Any) -> Run:
        run = of_a_minute_ago(make_run)
        assert deliver(run, **({"payload": OUTPUT} | fields)) == 200
        assert run.metadata_backfill.due_at > timezone.now()
        run.refresh_from_db()
        assert (run.is_final, run.metrics, run.billable_units) == (True, {}, "")
        return run

    return make


def make_due() -> None:
    MetadataBackfill.objects.update(due_at=clock.now())


def test_missing_facts_are_fetched_once_after_a_delay(signer, make_reported_run):
    run = make_reported_run()
    signer.tend(backfill.backfill_due)
    assert signer.fetched == []  # the worker that follows the run may still deliver the facts
    make_due()
    signer.tend(backfill.backfill_due)
    signer.tend(backfill.backfill_due)
    assert len(signer.fetched) == 2
    version = run.version
    run.refresh_from_db()
    assert (run.state, run.output, run.billable_units) == ("succeeded", OUTPUT, "2")
    assert run.metrics == {"inference_time": 1.5}
    assert [line["message"] for line in run.logs] == ["done"]
    assert run.started_at == run.ended_at - timedelta(seconds=1.5)
    assert run.version == version + 2
    assert not MetadataBackfill.objects.exists()


def test_the_cost_of_a_failed_run_is_fetched_too(signer, make_reported_run):
    detail = [{"loc": ["body"], "msg": "no", "type": "content_policy_violation"}]
    run = make_reported_run(
        status="ERROR", payload={"detail": detail}, error="Invalid status code: 422"
    )
    signer.result = httpx.Response(
        422, json={"detail": detail}, headers={"x-fal-billable-units": "0.5"}
    )
    make_due()
    signer.tend(backfill.backfill_due)
    error = run.error
    run.refresh_from_db()
    assert (run.state, run.billable_units, run.error) == ("failed", "0.5", error)
    assert run.logs


def test_nothing_is_fetched_when_a_follower_recorded_the_facts(signer, make_reported_run):
    run = make_reported_run()
    seen = Observation(State.SUCCEEDED, metrics={"inference_time": 2}, output={"by": "poll"})
    assert state_machine.record(run.pk, seen)
    make_due()
    signer.tend(backfill.backfill_due)
    run.refresh_from_db()
    assert (signer.fetched, run.output) == ([], OUTPUT)
    assert not MetadataBackfill.objects.exists()


@pytest.mark.parametrize("what", ["status", "result"])
def test_fetches_from_a_failing_upstream_are_retried_ever_later(signer, make_reported_run, what):
    run = make_reported_run()
    well = getattr(signer, what)
    setattr(signer, what, httpx.Response(503))
    make_due()
    signer.tend(backfill.backfill_due)
    signer.tend(backfill.backfill_due)
    assert MetadataBackfill.objects.get().due_at > timezone.now() + timedelta(seconds=1)
    setattr(signer, what, well)
    make_due()
    signer.tend(backfill.backfill_due)
    run.refresh_from_db()
    assert (run.billable_units, bool(run.metrics)) == ("2", True)


@pytest.mark.parametrize(("age", "looks"), [(timedelta(0), 1), (backfill.GIVEN_UP * 2, 0)])
def test_a_backfill_with_an_unexpected_error_is_abandoned_in_time(
    signer, make_reported_run, age, looks
):
    make_reported_run()
    Run.objects.update(ended_at=timezone.now() - age, request_id="..")  # an invalid request id
    make_due()
    signer.tend(backfill.backfill_due)
    assert MetadataBackfill.objects.count() == looks


@pytest.mark.parametrize(
    ("status", "age"), [(404, timedelta(0)), (503, backfill.GIVEN_UP + timedelta(minutes=1))]
)
def test_facts_upstream_does_not_have_are_not_fetched_again(signer, make_reported_run, status, age):
    run = make_reported_run()
    Run.objects.update(ended_at=timezone.now() - age)
    signer.status = httpx.Response(status, json={"status": "NOT_FOUND"})
    make_due()
    signer.tend(backfill.backfill_due)
    run.refresh_from_db()
    assert (run.state, run.metrics) == ("succeeded", {})
    assert not MetadataBackfill.objects.exists()


@pytest.mark.parametrize(
    "worked",
    [
        "long",
        -1,
        90,
    ],
)
def test_an_unobserved_start_is_never_before_the_queueing(make_run, worked):
    run = of_a_minute_ago(make_run)
    state_machine.record(run.pk, Observation(State.SUCCEEDED, metrics={"inference_time": worked}))
    run.refresh_from_db()
    assert run.started_at == (run.queued_at if worked == 90 else None)
