"""The page of a flow's run tells the end of the flow with that of its last step."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from flows.compose.definition import parse_definition
from flows.display import run_page
from flows.execution import advance, starting
from flows.models import Flow, FlowRun
from tests.flows.conftest import succeed

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


def test_a_page_that_stops_polling_shows_how_the_flow_ended(user: User, flow: Flow) -> None:
    flow_run, _ = starting.start(user, flow, parse_definition(flow.definition), "t")
    while not FlowRun.objects.get(pk=flow_run.pk).is_final:
        # What a page has read just before the worker carries the flow on.
        before = FlowRun.objects.select_related("flow", "user").get(pk=flow_run.pk)
        (step,) = flow_run.steps.filter(settled_at=None).select_related("run")
        assert step.run
        succeed(step.run)
        advance.advance(flow_run.pk)
        shown = run_page.context(before, "flow")
        assert shown["is_awaited"] == any(shown_step.watch for shown_step in shown["steps"])
    assert not shown["is_awaited"]
    assert shown["done"] == 2
