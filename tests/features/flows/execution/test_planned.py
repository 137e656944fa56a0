"""A flow reserves the cost of its later steps before it pays the first step."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import User

from catalog.models import Endpoint
from features.flows.compose.definition import parse_definition
from features.flows.execution import starting
from features.flows.execution.advance import advance
from features.flows.models import Flow, FlowRun
from features.spending.models import Budget, SpendingRules
from runs.models import Charge, Run
from runs.start.refused_starts import Unaffordable
from tests.features.flows.conftest import SEEDREAM, fail, succeed
from tests.features.spending.sums import require_sums_hold, total_of

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]


@pytest.fixture
def priced_flow(flow: Flow) -> Flow:
    """A flow of two steps that cost a dollar each."""
    Endpoint.objects.update(unit_price_usd=1, price_unit="images", currency="USD")
    return flow


def start(user: User, flow: Flow, token: str = "t") -> FlowRun:
    return starting.start(user, flow, parse_definition(flow.definition), token)[0]


def test_flows_that_could_not_pay_for_their_later_steps_do_not_start(user, priced_flow):
    Budget.objects.create(scope="house", limit=6)
    flow_runs = [start(user, priced_flow, f"t{number}") for number in range(3)]
    for number in range(3, 40):
        with pytest.raises(Unaffordable, match="nothing is left"):
            start(user, priced_flow, f"t{number}")
    assert FlowRun.objects.count() == Run.objects.count() == 3
    require_sums_hold()
    for run in Run.objects.all():
        succeed(run)
    for flow_run in flow_runs:
        advance(flow_run.pk)
    assert Run.objects.count() == 6
    assert total_of(Charge.objects.all()) == 6
    assert not Charge.objects.filter(run=None).exists()
    require_sums_hold()


@pytest.mark.parametrize("cancels", [True, False])
def test_what_is_reserved_for_steps_that_never_begin_is_given_back(user, priced_flow, cancels):
    Budget.objects.create(scope="house", limit=2)
    flow_run = start(user, priced_flow)
    if cancels:
        starting.cancel(flow_run)
    else:
        fail(Run.objects.get())
    advance(flow_run.pk)
    assert total_of(Charge.objects.all()) == 0
    require_sums_hold()
    # The budget has room again: both steps reserve again.
    starting.try_again(flow_run, "s1", flow_run.steps.count(), user)
    assert total_of(Charge.objects.all()) == 2
    with pytest.raises(Unaffordable):
        start(user, priced_flow, "other")
    require_sums_hold()


@pytest.mark.parametrize("assumed", [None, Decimal("0.5")])
def test_a_step_of_unknown_cost_keeps_what_counts_for_it(user, priced_flow, assumed):
    Endpoint.objects.filter(endpoint_id=SEEDREAM).update(unit_price_usd=None)
    SpendingRules.objects.create(pk=1, assumed=assumed)
    Budget.objects.create(scope="house", limit=3)
    start(user, priced_flow)
    planned = Charge.objects.get(run=None)
    assert (planned.expected, planned.amount) == (None, assumed or 2)
    succeed(Run.objects.get())
    advance(FlowRun.objects.get().pk)
    assert Charge.objects.latest("pk").amount == (assumed or 2)
    assert Charge.objects.count() == 2
    require_sums_hold()
