"""What starting a run checks: budgets, the rules of the house, grants, and confirmations.

`tests/features/spending/test_doors.py` tests the entry points that lead to this check.
"""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest
from hypothesis import given
from hypothesis import strategies as st

from accounts.audit import acting
from catalog.models import Endpoint
from core import periods
from core.db import clock
from features.spending.models import Budget, BudgetRequest, SpendingRules
from projects.models import Project
from projects.models.project import private_project
from runs.costs import known_costs, ledger
from runs.costs.cost import estimate_run
from runs.costs.ledger import Counter, Scope
from runs.models import Charge, Run
from runs.start import starting
from runs.start.confirmation import Confirmation
from runs.start.refused_starts import Unaffordable, Unconfirmed
from runs.start.starting import Source, StartRequest
from runs.state import state_machine
from runs.state.transitions import Observation
from tests.features.spending.sums import move, require_sums_hold
from tests.projects.people import make_project, person

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

Begin = Callable[..., Run]
KEYS = map(str, count())
Unknown = SpendingRules.Unknown


@pytest.fixture
def painter(make_endpoint: Any) -> Endpoint:
    """A model whose runs cost a dollar each."""
    model: Endpoint = make_endpoint(unit_price_usd=Decimal(1), price_unit="images", currency="USD")
    return model


@pytest.fixture
def begin(painter: Endpoint) -> Begin:
    """`begin(by, project, model)` → a new run."""

    def run(by: User, project: Project | None = None, model: Endpoint = painter) -> Run:
        return starting.start(
            StartRequest(
                user=by, endpoint=model, arguments={}, source=Source.FORM, key=next(KEYS),
                project=project or private_project(by),
            )
        ).run  # fmt: skip

    return run


def end(run: Run, units: str = "1", state: str = Run.State.SUCCEEDED) -> None:
    """End a run for which upstream bills this many dollars."""
    state_machine.record(run.pk, Observation(state, output={}, billable_units=units))


def counted_spending(scope: Scope, key: int, period: str) -> Decimal:
    """Return the counted spending of a scope in a period."""
    with transaction.atomic():
        ledger.lock_house()
        return ledger.spent({Counter(scope, key, period)}).popitem()[1]


def test_a_budget_counts_what_was_spent_before_it_was_made(user, begin):
    for _ in range(3):
        end(begin(user))
    under_way = begin(user)
    Budget.objects.create(scope="house", limit=5)
    begin(user)
    with pytest.raises(Unaffordable, match=r"\$5.00 this month, and nothing is left until"):
        begin(user)
    end(under_way, "0.25")  # the unused part of the reservation is released
    with pytest.raises(Unaffordable, match=r"\$0.75 is left"):
        begin(user)
    assert Run.objects.count() == 5
    require_sums_hold()


def test_failure_and_cancellation_give_back_what_was_reserved(user, begin):
    Budget.objects.create(scope="person", person=user, limit=1, period="day")
    for state in (Run.State.FAILED, Run.State.CANCELLED):
        run = begin(user)
        with pytest.raises(Unaffordable, match="nothing is left until midnight"):
            begin(user)
        end(run, "", state)
    end(begin(user), "1", Run.State.FAILED)  # upstream bills this failed run
    with pytest.raises(Unaffordable):
        begin(user)


def test_each_person_has_a_budget_of_their_own(user, stranger, begin):
    Budget.objects.create(scope="person", limit=1)
    begin(user)
    begin(stranger)
    for spender in (user, stranger):
        with pytest.raises(Unaffordable, match=r"^You may spend \$1.00 this month"):
            begin(spender)


def test_the_budget_with_the_least_left_is_named(begin):
    fox = make_project("Fox", mia="manager", ana="maker")
    ana = person("ana")
    Budget.objects.create(scope="house", limit=1)
    Budget.objects.create(scope="project", project=fox, limit=Decimal("0.5"))
    with pytest.raises(Unaffordable, match=r"“Fox” may .* \$0.50 is left .* Ask mia for more"):
        begin(ana, fox)
    begin(ana)  # outside the project, only the house's budget applies
    with pytest.raises(Unaffordable, match=r"^The house may"):
        begin(ana)


def test_a_new_period_begins_with_nothing_spent(user, begin):
    Budget.objects.create(scope="house", limit=1, period="day")
    end(begin(user))
    with pytest.raises(Unaffordable):
        begin(user)
    earlier = clock.now() - timedelta(days=1)
    move(Charge.objects.all(), earlier)
    begin(user)
    require_sums_hold()


def test_a_late_bill_counts_in_the_period_in_which_the_run_began(user, begin):
    Budget.objects.create(scope="house", limit=10, period="day")
    run = begin(user)
    end(run)
    earlier = clock.now() - timedelta(days=1)
    move(Charge.objects.all(), earlier)
    begin(user)
    with transaction.atomic():
        ledger.report(run.pk, Decimal("3.5"))
    assert counted_spending(Scope.HOUSE, 0, periods.name_of_day(earlier)) == Decimal("3.5")
    assert counted_spending(Scope.HOUSE, 0, periods.name_of_day(clock.now())) == 1
    require_sums_hold()


def test_a_price_that_changes_leaves_what_was_reserved(user, painter, begin):
    Budget.objects.create(scope="house", limit=3)
    first = begin(user)
    Endpoint.objects.filter(pk=painter.pk).update(unit_price_usd=2)
    painter.refresh_from_db()
    end(first)  # at the price when the run began
    begin(user)
    with pytest.raises(Unaffordable, match="nothing is left"):
        begin(user)


def test_what_is_spent_once_ends_with_its_last_day(user, begin):
    today = clock.now().date()
    once = Budget.objects.create(
        scope="house", limit=1, period="once", begins_on=today - timedelta(days=9), ends_on=today
    )
    begin(user)
    tomorrow = today + timedelta(days=1)
    with pytest.raises(Unaffordable, match=f"left until {tomorrow:%-d %B}"):
        begin(user)
    once.ends_on = today - timedelta(days=1)
    once.save()
    begin(user)


@pytest.mark.parametrize("with_budget", [True, False])
def test_what_nothing_is_known_of_follows_the_rule(with_budget, user, make_endpoint, begin):
    unknown = make_endpoint("lab/unknown", unit_price_usd=None)
    if with_budget:
        Budget.objects.create(scope="house", limit=5)
    rules = SpendingRules.objects.create(pk=1, unknown=Unknown.REFUSE)
    if with_budget:
        with pytest.raises(Unaffordable, match=r"The cost of a run of .* is not known in advance"):
            begin(user, model=unknown)
    else:
        begin(user, model=unknown)
    rules.unknown = Unknown.ALLOW
    rules.save()
    begin(user, model=unknown)
    rules.unknown, rules.assumed = Unknown.ASSUME, Decimal(4)
    rules.save()
    begin(user, model=unknown)
    if with_budget:
        assert Charge.objects.latest("pk").expected == 4
        with pytest.raises(Unaffordable, match=r"\$1.00 is left"):
            begin(user, model=unknown)
    rules.unknown, rules.assumed = Unknown.ASK, Decimal("0.25")
    rules.save()
    begin(user, model=unknown)  # a job, with nobody to ask
    with acting.within(_press(""), ""):
        if with_budget:
            with pytest.raises(Unconfirmed, match=r"Until it is known, .* \$0.25. Go") as question:
                begin(user, model=unknown)
            assert question.value.yes == "Go on, whatever it costs"
            with acting.within(_press(question.value.answer), ""):
                begin(user, model=unknown)
        else:
            begin(user, model=unknown)


def test_an_unknown_cost_counts_as_all_that_is_left_until_it_is_known(user, make_endpoint, begin):
    unknown = make_endpoint("lab/unknown", unit_price_usd=None)
    Budget.objects.create(scope="house", limit=3)
    Budget.objects.create(scope="person", limit=50)
    begin(user)
    run = begin(user, model=unknown)
    charge = Charge.objects.get(run=run)
    assert (charge.expected, charge.amount) == (None, 2)
    require_sums_hold()
    # while the run is on its way, and after it ended without a known cost
    for is_over in (False, True):
        if is_over:
            end(run)
        with pytest.raises(Unaffordable, match=r"nothing is left .* is not known in advance"):
            begin(user, model=unknown)
        with pytest.raises(Unaffordable, match="nothing is left"):
            begin(user)
    assert known_costs.paid(Run.objects.get(pk=run.pk)) is None
    with transaction.atomic():
        ledger.report(run.pk, Decimal("1.5"))
    end(begin(user, model=unknown), state=Run.State.FAILED)
    assert Charge.objects.latest("pk").amount == Decimal("0.5")  # the reservation is released
    begin(user, model=make_endpoint("lab/cheap", unit_price_usd=Decimal("0.5")))
    require_sums_hold()


def test_of_runs_of_unknown_cost_one_starts_and_a_plan_shares_what_is_left(user, make_endpoint):
    unknown = make_endpoint("lab/unknown", unit_price_usd=None)
    budget = Budget.objects.create(scope="house", limit=3)
    with pytest.raises(
        Unaffordable, match=r"The cost of 2 of these runs .* only one such run starts"
    ):
        starting.start_many(several(user, unknown, 2))
    planned = [(unknown, estimate_run(unknown, {}))] * 2
    starting.plan(user, private_project(user), planned)
    budget.delete()
    starting.start_many(several(user, unknown, 2))


def test_what_goes_on_at_an_unknown_cost_has_all_that_was_left(user, begin):
    Budget.objects.create(scope="house", limit=3)
    run = begin(user)
    assert starting.reserve_more(run, None) is None
    assert starting.reserve_more(run, Decimal(9)) == 9  # all that is left, instead of 9
    with pytest.raises(Unaffordable, match="nothing is left"):
        begin(user)
    ledger.note_so_far(run.pk, Decimal(1))
    ledger.note_so_far(run.pk, None)  # this result's cost is unknown
    end(run, "")
    assert Charge.objects.get().amount == 3
    require_sums_hold()


def test_only_admins_start_a_run_above_the_ceiling(user, begin):
    admin = User.objects.create_superuser("eva")
    SpendingRules.objects.create(pk=1, ceiling=Decimal("0.5"))
    begin(admin)
    with pytest.raises(Unaffordable, match=r"only admins start more than \$0.50 at once. Ask eva"):
        begin(user)


def several(user: User, painter: Endpoint, count: int) -> list[StartRequest]:
    return [
        StartRequest(user=user, endpoint=painter, arguments={}, source=Source.FORM, key=next(KEYS))
        for _ in range(count)
    ]


def test_the_ceiling_is_that_of_a_whole_press(user, painter):
    SpendingRules.objects.create(pk=1, ceiling=3)
    starting.start_many(several(user, painter, 3))
    eight = several(user, painter, 8)
    with pytest.raises(Unaffordable, match=r"^These 8 runs together may cost \$8.00"):
        starting.start_many(eight)
    planned = [(painter, estimate_run(painter, {}))] * 4
    with pytest.raises(Unaffordable, match=r"^These 4 runs together may cost \$4.00"):
        starting.plan(user, private_project(user), planned)


def test_what_goes_on_costing_reserves_while_there_is_room(user, begin):
    """As for a live session, or a stream with several results."""
    Budget.objects.create(scope="house", limit=3)
    run = begin(user)
    starting.reserve_more(run, Decimal("1.5"))
    with pytest.raises(Unaffordable, match=r"\$0.50 is left .* This may cost \$0.75"):
        starting.reserve_more(run, Decimal("0.75"))
    starting.reserve_more(run, Decimal("0.5"))
    require_sums_hold()
    ledger.note_so_far(run.pk, Decimal("0.25"))
    end(run, "")
    assert Charge.objects.get().amount == Decimal("0.25")
    require_sums_hold()
    starting.reserve_more(run, Decimal(1))  # the run has ended, so nothing more is reserved
    assert Charge.objects.get().amount == Decimal("0.25")


def test_the_ceiling_holds_for_what_a_session_has_reserved_before(user, begin):
    SpendingRules.objects.create(pk=1, ceiling=2)
    run = begin(user)
    starting.reserve_more(run, Decimal(1))
    with pytest.raises(Unaffordable, match=r"^This run may cost \$3.00, and only admins"):
        starting.reserve_more(run, Decimal(1))


def test_what_is_allowed_counts_for_whom_and_when_it_was_asked(user, stranger, begin):
    budget = Budget.objects.create(scope="person", limit=1)
    begin(user)
    begin(stranger)
    granted = BudgetRequest.objects.create(
        budget=budget, user=user, scope_key=user.pk, amount=1, is_granted=True,
        period=periods.name_of_month(clock.now()),
    )  # fmt: skip
    begin(user)
    for spender, limit in ((user, 2), (stranger, 1)):
        with pytest.raises(Unaffordable, match=rf"may spend \${limit}\.00 this month, and nothing"):
            begin(spender)
    BudgetRequest.objects.filter(pk=granted.pk).update(period="2020-01", amount=9)
    with pytest.raises(Unaffordable):
        begin(user)


def test_a_press_that_is_too_dear_starts_none_of_its_runs(user, painter):
    Budget.objects.create(scope="house", limit=2)
    requests = several(user, painter, 3)
    with pytest.raises(Unaffordable, match=r"\$2.00 is left .* This may cost \$3.00"):
        starting.start_many(requests)
    assert not Run.objects.exists()
    assert not Charge.objects.exists()
    starting.start_many(requests[:2])


def test_starting_asks_as_often_for_one_run_as_for_many(
    user, painter, django_assert_max_num_queries
):
    """With budgets of every scope; the first run of the period has created its rows before."""
    Budget.objects.create(scope="house", limit=99)
    Budget.objects.create(scope="person", limit=99, period="day")
    Budget.objects.create(scope="project", limit=99, period="once", begins_on="2020-01-01")
    requests = several(user, painter, 31)
    starting.start(requests[0])
    for press in (requests[1:2], requests[2:]):
        with django_assert_max_num_queries(24):
            starting.start_many(press)


def _press(confirmation: str) -> HttpRequest:
    """Return a request that confirms this cost."""
    request = HttpRequest()
    request.META["HTTP_X_MAX_COST"] = confirmation
    return request


@given(st.decimals(0, 10**6, places=9), st.booleans())
def test_an_answer_reads_as_what_was_asked(amount, is_any_unknown):
    text = Confirmation.asked_for(amount, is_any_unknown=is_any_unknown)
    assert Confirmation.parse(text) == Confirmation(amount, is_any_unknown)


@given(st.text())
def test_whatever_is_posted_confirms_a_sum(text):
    assert Confirmation.parse(text).most >= 0
