"""Webhooks that the sandbox delivers to a server of its own.

Lost, late, twice, forged, early, alone.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

import fal
from catalog.models import Endpoint
from runs.models import Run
from runs.worker.limits import WorkerLimits
from runs.worker.scheduling import leases
from tests.runs.conftest import Control, Work
from tests.runs.start import start_run

pytestmark = pytest.mark.system  # takes long

State = Run.State
QUICK_S = 10.0  # a run of two seconds on a busy machine; it took 45 s


@pytest.fixture
def reported(
    catalogue: None, live_server: Any, settings: Any, sandbox: Control
) -> Callable[..., Run]:
    """`reported("sandbox/ridgeline", prompt=…)` → a run whose webhook reaches us."""
    settings.PUBLIC_URL = live_server.url
    user = User.objects.create_user("ana")

    def make(**arguments: Any) -> Run:
        endpoint = Endpoint.objects.get(endpoint_id="mischief/slow")
        run, _ = start_run(user=user, endpoint=endpoint, key=uuid.uuid4().hex, arguments=arguments)
        return run

    return make


def ended(run: Run) -> bool:
    run.refresh_from_db()
    return run.is_final


def test_a_webhook_ends_a_run_without_stream_or_polls(
    reported: Callable[..., Run], work: Work, sandbox: Control
) -> None:
    sandbox.fault("status_stream", "404", times=1000)
    sandbox.fault("status", "503", times=1000)
    run = reported(prompt="x", duration=0)
    work(lambda: ended(run))
    assert run.state == "succeeded"
    assert sandbox.calls().get("result", 0) == 0


def test_an_early_webhook_without_payload_leaves_the_run_to_its_worker(
    reported: Callable[..., Run], work: Work, sandbox: Control
) -> None:
    sandbox.fault("submit", "late", value=2)
    sandbox.fault("webhook", "no-payload")
    sandbox.fault("result", "503", times=5)
    run = reported(prompt="x", duration=0)
    work(lambda: ended(run), fal.Limits(first_pause_s=0))
    assert run.state == "succeeded"
    assert run.ended_at
    assert run.ended_at - run.created_at < leases.LEASE / 2


@pytest.mark.parametrize("name", ["twice", "late", "forged", "lost", "no-payload", "new-key"])
def test_a_run_succeeds_once_whatever_happens_to_its_webhook(
    reported: Callable[..., Run], work: Work, sandbox: Control, name: str
) -> None:
    sandbox.fault("webhook", name, value=0.3)
    run = reported(prompt="x", duration=0)
    work(lambda: ended(run))
    assert run.state == "succeeded"
    assert sandbox.calls()["submit"] == 1
    assert run.artifacts.count() <= 1


def test_a_webhook_before_the_submits_answer_ends_the_run(
    reported: Callable[..., Run], work: Work, sandbox: Control
) -> None:
    sandbox.fault("submit", "late", value=60)  # however slow the machine is
    run = reported(prompt="x", duration=0)
    work(lambda: ended(run), worker_limits=WorkerLimits(stop_within_s=0.2))
    assert run.state == "succeeded"
    assert run.handle is None  # nobody has told us the addresses yet
    assert run.request_id


def test_a_webhook_reaches_a_run_whose_submit_was_not_answered(
    reported: Callable[..., Run], work: Work, sandbox: Control
) -> None:
    sandbox.fault("submit", "lost")
    sandbox.fault("requests", "500", times=1000)
    run = reported(prompt="x", duration=1)
    work(lambda: ended(run))
    assert run.state == "succeeded"
    assert [event["what"] for event in run.events] == ["lost", "found"]
    assert sandbox.calls()["submit"] == 1


@pytest.mark.parametrize("name", ["garbage", "500"])
def test_a_lost_webhook_does_not_slow_a_run_with_unreadable_statuses(
    reported: Callable[..., Run], work: Work, sandbox: Control, name: str
) -> None:
    """Its stream and two polls fail.

    Nobody waits a quarter of a minute for each where no webhook comes.
    """
    sandbox.fault("webhook", "lost", times=99)
    sandbox.fault("status_stream", name, times=2)
    sandbox.fault("status", name, times=2)
    run = reported(prompt="x", duration=2, picture=False)
    work(lambda: ended(run))
    assert run.state == "succeeded"
    assert run.ended_at
    assert (run.ended_at - run.created_at).total_seconds() < QUICK_S
