"""A person's Cancel, against the real sandbox over sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError

import fal
from runs.models import Run
from runs.results import timeline
from runs.state import state_machine
from runs.worker.circuit_breaker import BreakerRegistry
from runs.worker.following import follow
from runs.worker.following.poll_intervals import Patience
from runs.worker.limits import WorkerLimits
from tests.runs.conftest import Ask, Control, Work, alone, ended
from tests.statements import failing

AGAIN_SOON = WorkerLimits(renew_every_s=0.1)


def cancelled(run: Run) -> Callable[[], bool]:
    """Whether the run has ended; somebody cancels it once it is running."""
    is_running = Run.objects.filter(pk=run.pk, state="running", cancel_requested_at=None)

    def is_over() -> bool:
        if is_running.exists():
            state_machine.request_cancel(run.pk)
        return ended(run)

    return is_over


def cancelled_late(run: Run, sandbox: Control) -> Callable[[], bool]:
    """Whether the run has ended; somebody cancels it once its result has been asked for in vain."""

    def is_over() -> bool:
        if sandbox.calls().get("result", 0) > 2:
            state_machine.request_cancel(run.pk)
        return ended(run)

    return is_over


@pytest.mark.any_database
def test_a_cancelled_run_whose_result_never_comes_fails_early(
    ask: Ask, work: Work, sandbox: Control
) -> None:
    sandbox.fault("result", "500", times=1000)
    run = ask("mischief/slow", prompt="x", duration=0.1)

    patience = Patience(fetch_first_s=0.01, fetch_slowest_s=0.05, unwanted_s=0.3)
    work(cancelled_late(run, sandbox), patience=patience)
    run.refresh_from_db()
    assert run.state == "failed"
    assert run.error["status"] == 500


@pytest.mark.any_database
def test_a_cancelled_run_still_gets_a_result_that_exists(
    ask: Ask, work: Work, sandbox: Control
) -> None:
    sandbox.fault("result", "500", times=8)
    run = ask("mischief/slow", prompt="x", duration=0.1)

    patience = Patience(fetch_first_s=0.01, fetch_slowest_s=0.05)
    work(cancelled_late(run, sandbox), patience=patience)
    run.refresh_from_db()
    assert run.state == "succeeded", run.error


class Over(fal.Queue):
    """A queue that says of a request that it had ended when it was to be cancelled."""

    def __init__(self) -> None:  # it asks nobody
        pass

    async def cancel(self, handle: fal.Handle) -> fal.Cancellation:
        """As C22 has it."""
        return fal.Cancellation.ALREADY_COMPLETED

    async def result(self, handle: fal.Handle) -> fal.Result:
        """What it gave."""
        return fal.Result({"text": "x"}, "")


@pytest.mark.django_db(transaction=True)
def test_c22_a_cancel_after_the_end_fetches_the_result(make_run: Any) -> None:
    """Also where its stream never says so."""
    handle = fal.Handle.rebuilt("https://queue.test", "acme/quiet", "r1")
    run = make_run(state="running", handle=handle.as_json(), request_id="r1")
    clients: Any = SimpleNamespace(queue=Over())
    asyncio.run(
        alone(follow.cancel(run.pk, clients, BreakerRegistry(), Patience(fetch_first_s=0.01)))
    )
    run.refresh_from_db()
    assert (run.state, run.output) == ("succeeded", {"text": "x"})


def test_a_queued_or_running_run_can_be_cancelled(ask: Ask, work: Work) -> None:
    run = ask("mischief/slow", prompt="x", duration=60)
    work(cancelled(run))
    run.refresh_from_db()
    assert run.state == "cancelled"
    assert run.cancel_requested_at


def test_a_cancel_during_a_database_outage_is_repeated(ask: Ask, work: Work) -> None:
    run = ask("mischief/slow", prompt="x", duration=30)
    begins = 'SELECT "playground_run"."handle"'  # a cancel does
    away = OperationalError("the server closed the connection")
    with failing(away, where=lambda sql, _: sql.startswith(begins)) as left:
        work(cancelled(run), worker_limits=AGAIN_SOON)
    run.refresh_from_db()
    assert (run.state, left) == ("cancelled", [])


def test_a_cancel_that_upstream_refuses_is_reported_and_repeated(
    ask: Ask, work: Work, sandbox: Control
) -> None:
    sandbox.fault("cancel", "500", times=3)
    run = ask("mischief/slow", prompt="x", duration=30)
    work(cancelled(run), worker_limits=AGAIN_SOON)
    run.refresh_from_db()
    assert run.state == "cancelled"
    moments = [moment for moment in timeline.moments(run) if "cancel" in moment.what]
    assert [moment.what for moment in moments] == [
        "Upstream did not accept the cancellation, asked again"
    ]
    assert moments[0].detail.startswith("Upstream answered 500")
