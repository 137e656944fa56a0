"""The end of a long flow is told once to the person who started it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from flows.compose.definition import parse_definition
from flows.execution import starting
from flows.execution.advance import advance
from flows.execution.ended import is_step
from flows.models import Flow, FlowRun
from notifications.models import Notification
from runs.models import Run
from tests.flows.conftest import fail, succeed

pytestmark = pytest.mark.django_db


def started(user: User, flow: Flow, ago: timedelta) -> FlowRun:
    made, _ = starting.start(user, flow, parse_definition(flow.definition), "t")
    FlowRun.objects.update(created_at=timezone.now() - ago)
    return made


def finish(made: FlowRun) -> None:
    for _ in range(2):
        succeed(Run.objects.exclude(state="succeeded").get())
        advance(made.pk)


def test_a_long_flow_is_told_when_it_has_ended(user: User, flow: Flow) -> None:
    made = started(user, flow, timedelta(minutes=5))
    assert is_step(Run.objects.get())
    finish(made)
    advance(made.pk)
    told = Notification.objects.get()
    assert told.kind == "flow_finished"
    assert told.subject.startswith("Flow finished after 5 m")
    assert flow.name in told.subject
    assert told.path == made.get_absolute_url()


def test_a_failed_one_says_where_and_trying_again_is_another_end(user: User, flow: Flow) -> None:
    made = started(user, flow, timedelta(minutes=5))
    fail(Run.objects.get())
    advance(made.pk)
    told = Notification.objects.get()
    assert told.subject.startswith("Flow failed")
    assert told.text.startswith("Step 1: ")
    starting.try_again(made, "s1")
    made.steps.exclude(replaced_at=None).update(replaced_at=timezone.now() - timedelta(minutes=3))
    fail(Run.objects.exclude(state="failed").get())
    advance(made.pk)
    assert [one.subject[:19] for one in Notification.objects.order_by("created_at")] == [
        "Flow failed after 5", "Flow failed after 3",
    ]  # fmt: skip


def test_a_short_flow_and_one_that_was_cancelled_are_not_told(user: User, flow: Flow) -> None:
    finish(started(user, flow, timedelta(seconds=20)))
    assert not Notification.objects.exists()
    Run.objects.all().update(deleted_at=timezone.now())
    FlowRun.objects.all().delete()
    made = started(user, flow, timedelta(minutes=5))
    starting.cancel(made)
    advance(made.pk)
    made.refresh_from_db()
    assert made.state == "cancelled"
    assert not Notification.objects.exists()
