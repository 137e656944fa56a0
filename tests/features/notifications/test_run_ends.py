"""Notifications about ended runs: long runs that no page watched, and runs by the API."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from features.notifications import run_ends
from features.notifications.models import (
    Delivery,
    Notification,
    RunEnd,
)
from runs.models import Run
from runs.state import state_machine
from runs.state.transitions import Observation
from tests.features.notifications.conftest import Receiver
from tests.projects.people import make_project

pytestmark = pytest.mark.django_db(transaction=True)
MakeRun = Callable[..., Run]
BY_API = [{"at": "2026-11-23T00:00:00+00:00", "what": "api", "text": "script"}]


@pytest.fixture
def end(make_run: MakeRun) -> Callable[..., Run]:
    """`end(minutes=12)` → a run of ours that took this long and has just ended."""

    def make(minutes: float = 12, state: str = "succeeded", **values: Any) -> Run:
        seen = {key: values.pop(key) for key in ("output", "error") if key in values}
        run = make_run(state="running", title="a mill", **values)
        began = timezone.now() - timedelta(minutes=minutes)
        Run.objects.filter(pk=run.pk).update(created_at=began)
        state_machine.record(run.pk, Observation(state, by="poll", **seen))
        return run

    return make


def pass_grace_time() -> None:
    """Let the time pass in which an open page could report the end as seen."""
    RunEnd.objects.update(due_at=timezone.now() - timedelta(seconds=1))


def subjects() -> list[str]:
    return [notification.subject for notification in Notification.objects.order_by("created_at")]


def test_the_end_of_a_long_run_is_notified_once(end):
    run = end()
    run_ends.process_due()
    assert subjects() == []  # an open page may still report that it showed the end
    pass_grace_time()
    run_ends.process_due()
    run_ends.process_due()
    assert subjects() == ["Done after 12 min: a mill"]
    assert Notification.objects.get().path == f"/runs/{run.pk}/"
    assert not RunEnd.objects.exists()


def test_a_short_run_of_a_page_writes_no_notification(end):
    end(minutes=0.5)
    assert not RunEnd.objects.exists()


def test_watched_cancelled_and_deleted_runs_are_not_notified(end, user, stranger):
    watched, foreign = end(), end()
    run_ends.note_watched(user.pk, [watched.pk])
    run_ends.note_watched(stranger.pk, [foreign.pk])
    end(state="cancelled")
    Run.objects.filter(pk=end().pk).update(deleted_at=timezone.now())
    pass_grace_time()
    run_ends.process_due()
    assert Notification.objects.get().path == f"/runs/{foreign.pk}/"


def test_many_long_runs_are_one_message_in_ten_minutes(end):
    end()
    pass_grace_time()
    run_ends.process_due()
    end()
    end(state="failed", error={"message": "The model broke down."})
    # a message about them would go to the project's members alone
    end(project=make_project("Film", ana="maker"))
    pass_grace_time()
    run_ends.process_due()
    assert len(subjects()) == 1
    pass_grace_time()
    Notification.objects.update(created_at=timezone.now() - timedelta(minutes=11))
    run_ends.process_due()
    assert "2 runs have ended, 1 of them failed" in subjects()[:2]
    assert {line.about for line in Notification.objects.all()[:2]} == {
        "playground.run",
        "projects.project",
    }
    assert not RunEnd.objects.exists()


def deliver(receiver: Receiver, send: Callable[[], float]) -> list[dict[str, Any]]:
    send()
    return [json.loads(request.content) for request in receiver.requests]


def test_an_api_run_calls_its_webhook_and_the_users_channels(
    end, make_channel,
    make_run, receiver, send
):  # fmt: skip
    make_channel("runs")
    run = make_run(state="running", events=BY_API)
    run_ends.attach_webhook(run, "http://127.0.0.1:9/own")
    send()
    assert receiver.requests == []
    output = {"images": [{"url": "https://v3.fal.media/a.png"}], "seed": 42}
    state_machine.record(run.pk, Observation("succeeded", by="poll", output=output))
    bodies = deliver(receiver, send)
    assert {str(request.url) for request in receiver.requests} == {
        "http://127.0.0.1:9/own", "http://127.0.0.1:9/hook",
    }  # fmt: skip
    assert bodies[0] == {
        "request_id": str(run.pk),
        "gateway_request_id": str(run.pk),
        "status": "OK",
        "payload": output,
    }
    assert bodies[0] == bodies[1]
    run_ends.release_webhooks(Run.objects.get(pk=run.pk))
    assert Delivery.objects.count() == 2


def test_a_run_of_a_page_calls_no_webhook(
    end, make_channel,
    receiver, send
):  # fmt: skip
    make_channel("runs")
    end(minutes=2)
    pass_grace_time()
    assert deliver(receiver, send) == []
