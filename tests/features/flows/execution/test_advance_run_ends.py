"""How flows end: a deputy makes a failed step, and the end of a long flow is notified once."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from catalog.models import Endpoint
from features.flows.compose.definition import parse_definition
from features.flows.execution import starting
from features.flows.execution.advance import advance, is_step
from features.flows.models import Flow, FlowRun
from features.notifications.models import Notification
from runs.models import Charge, Run
from runs.state import state_machine
from runs.state.transitions import Observation
from tests.features.flows.conftest import FLUX, fail, succeed
from tests.features.spending.sums import require_sums_hold, total_of

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]


def started(user: User, flow: Flow, ago: timedelta) -> FlowRun:
    flow_run, _ = starting.start(user, flow, parse_definition(flow.definition), "t")
    FlowRun.objects.update(created_at=timezone.now() - ago)
    return flow_run


def finish(flow_run: FlowRun) -> None:
    for _ in range(2):
        succeed(Run.objects.exclude(state="succeeded").get())
        advance(flow_run.pk)


def test_the_end_of_a_long_flow_is_notified(user, flow):
    flow_run = started(user, flow, timedelta(minutes=5))
    assert is_step(Run.objects.get())
    finish(flow_run)
    advance(flow_run.pk)
    notification = Notification.objects.get()
    assert notification.kind == "flow_finished"
    assert notification.subject.startswith("Flow finished after 5 m")
    assert flow.name in notification.subject
    assert notification.path == flow_run.get_absolute_url()


def test_a_failed_flow_names_its_step_and_a_retry_notifies_again(user, flow):
    flow_run = started(user, flow, timedelta(minutes=5))
    fail(Run.objects.get())
    advance(flow_run.pk)
    notification = Notification.objects.get()
    assert notification.subject.startswith("Flow failed")
    assert notification.text.startswith("Step 1: ")
    starting.try_again(flow_run, "s1", flow_run.steps.count(), user)
    flow_run.steps.exclude(replaced_at=None).update(
        replaced_at=timezone.now() - timedelta(minutes=3)
    )
    fail(Run.objects.exclude(state="failed").get())
    advance(flow_run.pk)
    assert [notice.subject[:19] for notice in Notification.objects.order_by("created_at")] == [
        "Flow failed after 5", "Flow failed after 3",
    ]  # fmt: skip


def test_short_and_cancelled_flows_are_not_notified(user, flow):
    finish(started(user, flow, timedelta(seconds=20)))
    assert not Notification.objects.exists()
    Run.objects.all().update(deleted_at=timezone.now())
    FlowRun.objects.all().delete()
    flow_run = started(user, flow, timedelta(minutes=5))
    starting.cancel(flow_run)
    advance(flow_run.pk)
    flow_run.refresh_from_db()
    assert flow_run.state == "cancelled"
    assert not Notification.objects.exists()


DOWN = {"error": "UpstreamFailed", "status": 503}


@pytest.mark.parametrize("is_allowed", [True, False])
def test_the_deputy_makes_a_step_where_the_project_allows_it(user, flow, is_allowed):
    first = Endpoint.objects.get(endpoint_id=FLUX)
    deputy = Endpoint.objects.create(
        endpoint_id="fal-ai/two", display_name="Two", schema=first.schema, category=first.category
    )
    Endpoint.objects.update(unit_price_usd=1, price_unit="images", currency="USD")
    Endpoint.objects.filter(pk=first.pk).update(deputy=deputy)
    flow_run, _ = starting.start(user, flow, parse_definition(flow.definition), "t")
    type(flow_run.project).objects.update(deputies_take_over=is_allowed)
    run = Run.objects.get()
    failure = Observation(Run.State.FAILED, by="test", error=DOWN, billable_units="1")
    state_machine.record(run.pk, failure)
    advance(flow_run.pk)
    flow_run.refresh_from_db()
    if not is_allowed:
        assert flow_run.state == FlowRun.State.FAILED
        return
    made = Run.objects.exclude(pk=run.pk).get()
    assert (made.endpoint, made.charge.door) == (deputy, "flow")
    for _ in range(2):
        succeed(Run.objects.exclude(state__in=["succeeded", "failed"]).get())
        advance(flow_run.pk)
    flow_run.refresh_from_db()
    assert flow_run.state == FlowRun.State.SUCCEEDED
    require_sums_hold()
    assert total_of(Charge.objects.all()) == Decimal(3)
