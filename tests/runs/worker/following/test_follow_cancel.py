"""A user's Cancel, against the real sandbox over sockets."""

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
from runs.worker.limits import Patience, WorkerLimits
from tests.runs.conftest import Ask, Control, Work, alone, have_ended
from tests.statements import failing

AGAIN_SOON = WorkerLimits(renew_every_s=0.1)


def cancel_once_running(run: Run) -> Callable[[], bool]:
    """Return a function that cancels the run once it is running, and says whether it has ended."""
    is_running = Run.objects.filter(pk=run.pk, state="running", cancel_requested_at=None)

    def is_over() -> bool:
        if is_running.exists():
            state_machine.request_cancel(run.pk)
        return have_ended(run)

    return is_over


def cancel_after_failed_fetches(run: Run, sandbox: Control) -> Callable[[], bool]:
    """Return a function that cancels the run after failed fetches; it says whether it has ended."""

    def is_over() -> bool:
        if sandbox.calls().get("result", 0) > 2:
            state_machine.request_cancel(run.pk)
        return have_ended(run)

    return is_over


@pytest.mark.any_database
def test_a_cancelled_run_whose_result_never_comes_fails_early(
    ask: Ask, work: Work, sandbox: Control
) -> None:
    sandbox.fault("result", "500", times=1000)
    run = ask("mischief/slow", prompt="x", duration=0.1)

    patience = Patience(fetch_first_s=0.01, fetch_slowest_s=0.05, unwanted_s=0.3)
    work(cancel_after_failed_fetches(run, sandbox), patience=patience)
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
    work(cancel_after_failed_fetches(run, sandbox), patience=patience)
    run.refresh_from_db()
    assert run.state == "succeeded", run.error


class Over(fal.Queue):
    """A queue that answers a cancel by saying that the request had ended."""

    def __init__(self) -> None:  # a queue without a connection
        pass

    async def cancel(self, handle: fal.Handle) -> fal.Cancellation:
        """Answer as in C22."""
        return fal.Cancellation.ALREADY_COMPLETED

    async def result(self, handle: fal.Handle) -> fal.Result:
        """Return the request's output."""
        return fal.Result({"text": "x"}, "")


@pytest.mark.django_db(transaction=True)
def test_c22_a_cancel_after_the_end_fetches_the_result(make_run: Any) -> None:
    """Even if the status stream never reports the end."""
    handle = fal.Handle.rebuilt("https://queue.test", "acme/quiet", "r1")
    run = make_run(state="running", handle=handle.as_json(), request_id="r1")
    clients: Any = SimpleNamespace(queue=Over())
    asyncio.run(
        alone(follow.cancel(run.pk, clients, BreakerRegistry(), Patience(fetch_first_s=0.01)))
    )
    run.refresh_from_db()
    assert (run.state, run.output) == ("succeeded", {"text": "x"})


def test_a_cancel_during_a_database_outage_is_repeated(ask: Ask, work: Work) -> None:
    run = ask("mischief/slow", prompt="x", duration=30)
    begins = 'SELECT "playground_run"."handle"'  # a cancel begins with this statement
    away = OperationalError("the server closed the connection")
    with failing(away, where=lambda sql, _: sql.startswith(begins)) as left:
        work(cancel_once_running(run), worker_limits=AGAIN_SOON)
    run.refresh_from_db()
    assert (run.state, left) == ("cancelled", [])


def test_a_cancel_that_upstream_refuses_is_reported_and_repeated(
    ask: Ask, work: Work, sandbox: Control
) -> None:
    sandbox.fault("cancel", "500", times=3)
    run = ask("mischief/slow", prompt="x", duration=30)
    work(cancel_once_running(run), worker_limits=AGAIN_SOON)
    run.refresh_from_db()
    assert run.state == "cancelled"
    moments = [moment for moment in timeline.moments(run) if "cancel" in moment.what]
    assert [moment.what for moment in moments] == [
        "Upstream did not accept the cancellation, asked again"
    ]
    assert moments[0].detail.startswith("Upstream answered 500")
