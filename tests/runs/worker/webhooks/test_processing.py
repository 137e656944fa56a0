"""Webhooks that the sandbox delivers to a real server of ours.

Lost, late, twice, forged, early, or as the only report.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from catalog.models import Endpoint
from runs.models import Run
from tests.runs.conftest import Control, Work
from tests.runs.start.started import start_run
from tests.sampling import sample

pytestmark = pytest.mark.system  # these tests take long

State = Run.State


@pytest.fixture
def make_reported_run(
    catalogue: None, live_server: Any, settings: Any, sandbox: Control
) -> Callable[..., Run]:
    """`make_reported_run("sandbox/ridgeline", prompt=…)` → a run whose webhook reaches us."""
    settings.PUBLIC_URL = live_server.url
    user = User.objects.create_user("ana")

    def make(**arguments: Any) -> Run:
        endpoint = Endpoint.objects.get(endpoint_id="mischief/slow")
        run, _ = start_run(user=user, endpoint=endpoint, key=uuid.uuid4().hex, arguments=arguments)
        return run

    return make


def has_ended(run: Run) -> bool:
    run.refresh_from_db()
    return run.is_final


def test_a_webhook_ends_a_run_without_stream_or_polls(
    make_reported_run: Callable[..., Run], work: Work, sandbox: Control
) -> None:
    sandbox.fault("status_stream", "404", times=1000)
    sandbox.fault("status", "503", times=1000)
    run = make_reported_run(prompt="x", duration=0)
    work(lambda: has_ended(run))
    assert run.state == "succeeded"
    assert sandbox.calls().get("result", 0) == 0


def test_a_webhook_reaches_a_run_whose_submit_was_not_answered(
    make_reported_run: Callable[..., Run], work: Work, sandbox: Control
) -> None:
    sandbox.fault("submit", "lost")
    sandbox.fault("requests", "500", times=1000)
    run = make_reported_run(prompt="x", duration=1)
    work(lambda: has_ended(run))
    assert run.state == "succeeded"
    assert [event["what"] for event in run.events] == ["lost", "found"]
    assert sandbox.calls()["submit"] == 1


@pytest.mark.parametrize("is_submit_lost", [False, True])
def test_a_result_that_could_not_be_fetched_is_fetched_later(
    make_reported_run: Callable[..., Run], work: Work, sandbox: Control, is_submit_lost: bool
) -> None:
    """The webhook had reported the end, but the run stayed "running" for ever."""
    sandbox.fault("webhook", "no-payload")
    sandbox.fault("result", "500", times=3)
    if is_submit_lost:
        sandbox.fault("submit", "lost")
        sandbox.fault("requests", "500", times=1000)
    else:
        sandbox.fault("status_stream", "404", times=1000)
    run = make_reported_run(prompt="x", duration=0)
    work(lambda: has_ended(run))
    assert run.state == "succeeded"
    assert sandbox.calls()["submit"] == 1


@pytest.mark.parametrize(
    "name", sample(["twice", "late", "forged", "lost", "no-payload", "new-key"], 2, by_seed=1)
)
def test_a_run_succeeds_once_whatever_happens_to_its_webhook(
    make_reported_run: Callable[..., Run], work: Work, sandbox: Control, name: str
) -> None:
    sandbox.fault("webhook", name, value=0.3)
    run = make_reported_run(prompt="x", duration=0)
    work(lambda: has_ended(run))
    assert run.state == "succeeded"
    assert sandbox.calls()["submit"] == 1
    assert run.artifacts.count() <= 1
