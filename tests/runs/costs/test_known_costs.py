"""A run's cost wherever it is shown: the best known figure, with the kind of figure it is."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Endpoint
from features.library.models import SearchEntry
from features.library.search import indexing
from playground.display import tiles
from projects.models.project import private_project
from runs.costs import known_costs, ledger
from runs.models import Charge, Run
from runs.start import starting
from runs.start.starting import Source, StartRequest
from runs.state import state_machine
from runs.state.transitions import Observation

pytestmark = pytest.mark.django_db
End = Callable[..., Run]


@pytest.fixture
def endpoint(make_endpoint: Any) -> Endpoint:
    """A model that charges five cents for a picture."""
    made: Endpoint = make_endpoint(
        unit_price_usd=Decimal("0.05"), price_unit="images", currency="USD"
    )
    return made


@pytest.fixture
def start(user: User, endpoint: Endpoint) -> Callable[[str], Run]:
    """`start("token")` → a run that was started as users start it."""

    def run(token: str = "t") -> Run:
        made, _ = starting.start(
            StartRequest(
                user=user, endpoint=endpoint, arguments={}, source=Source.FORM, key=token,
                project=private_project(user),
            )
        )  # fmt: skip
        return made

    return run


@pytest.fixture
def end(start: Callable[[str], Run]) -> End:
    """`end("2")` → a run that has ended and for which upstream billed 2 units."""

    def run(units: str = "", state: str = "succeeded", token: str = "t") -> Run:
        made = start(token)
        state_machine.record(
            made.pk, Observation(Run.State(state), output={}, billable_units=units)
        )
        return Run.objects.recent().get(pk=made.pk)

    return run


def reload(run: Run) -> Run:
    return Run.objects.recent().get(pk=run.pk)


def test_units_cost_what_they_cost_when_the_run_began(end, endpoint):
    run = end("2")
    Endpoint.objects.filter(pk=endpoint.pk).update(unit_price_usd=9)
    assert known_costs.briefly(reload(run)) == "≈ $0.10"
    assert known_costs.in_words(reload(run)) == "≈ $0.10 · 2 images"
    assert tiles.tile(reload(run)).cost == "≈ $0.10"


def test_an_event_of_upstream_is_better_and_says_so(end):
    run = end("2")
    before = tiles.tile(reload(run)).html
    ledger.report(run.pk, Decimal("0.08"))
    assert known_costs.briefly(reload(run)) == "$0.08"
    assert known_costs.in_words(reload(run)) == "$0.08 billed by fal"
    after = tiles.tile(reload(run)).html
    assert ("≈ $0.10" in before, "≈" in after, "$0.08" in after) == (True, False, True)


def test_where_nothing_was_billed_an_estimate_stands_in_once_the_run_has_succeeded(start, end):
    run, failed, under_way = end(""), end("", state="failed", token="f"), start("u")
    assert known_costs.briefly(run) == known_costs.in_words(run) == "≈ $0.05 estimated"
    assert known_costs.paid(run) == (Decimal("0.05"), known_costs.ESTIMATED)
    assert known_costs.costs_of(under_way) is not None
    for nothing in (failed, under_way):
        assert (known_costs.paid(nothing), known_costs.briefly(nothing)) == (None, "")


def test_a_sum_is_exact_only_if_upstream_has_billed_all_of_it(end):
    first, second = end("1", token="a"), end("3", token="b")
    assert known_costs.together([first, second]) == "≈ $0.20"
    ledger.report(first.pk, Decimal("0.01"))
    assert known_costs.together([reload(first), reload(second)]) == "≈ $0.16"
    ledger.report(second.pk, Decimal("0.02"))
    assert known_costs.together([reload(first), reload(second)]) == "$0.03"
    assert known_costs.together([]) == ""


def test_the_search_for_costs_follows_the_bill(end):
    run = end("2")
    indexing.index_all()
    assert SearchEntry.objects.get(run=run).cost == Decimal("0.10")
    ledger.report(run.pk, Decimal("0.03"))
    assert SearchEntry.objects.get(run=run).cost == Decimal("0.03")
    indexing.index([run.pk])
    assert SearchEntry.objects.get(run=run).cost == Decimal("0.03")


def test_units_of_an_unknown_price_are_shown_as_they_are(end, endpoint):
    Endpoint.objects.filter(pk=endpoint.pk).update(unit_price_usd=None)
    endpoint.refresh_from_db()
    assert known_costs.briefly(end("2")) == "2 images"


def test_a_list_of_runs_reads_their_costs_with_them(member, end, endpoint):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            page = member.get("/runs/").content.decode()
        assert "≈ $0.10" in page
        return len(captured)

    end("2", token="first")
    queries()
    few = queries()
    for number in range(6):
        end("2", token=f"{number}")
    queries()
    assert queries() <= few
    Charge.objects.filter(run__isnull=False).update(reported=Decimal("0.07"))
    page = member.get("/runs/").content.decode()
    assert len(re.findall(r"[^≈] \$0\.07", page)) == 7
