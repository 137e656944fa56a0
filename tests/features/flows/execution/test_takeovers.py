"""Where the project allows it, a deputy makes a step of a flow, and the flow goes on with that."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.contrib.auth.models import User

from catalog.models import Endpoint
from features.flows.compose.definition import parse_definition
from features.flows.execution import starting
from features.flows.execution.advance import advance
from features.flows.models import Flow, FlowRun
from runs.models import Charge, Run
from runs.state import state_machine
from runs.state.transitions import Observation
from tests.features.flows.conftest import FLUX, succeed
from tests.features.spending.sums import require_sums_hold, total_of

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]
DOWN = {"error": "UpstreamFailed", "status": 503}


@pytest.mark.parametrize("is_allowed", [True, False])
def test_the_deputy_makes_a_step_where_the_project_allows_it(
    user: User, flow: Flow, is_allowed: bool
) -> None:
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
