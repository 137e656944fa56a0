"""The cost of a run or an estimate as a number for programs."""

from decimal import Decimal

import pytest

from api import costs
from runs.models import Charge, Run
from runs.models.ledger import SumState
from schemas.estimate import Estimate
from schemas.estimate.prices import MEASURED


def run_with(state: SumState, **sums: str) -> Run:
    run = Run()
    amounts = {name: Decimal(amount) for name, amount in sums.items()}
    run.charge = Charge(run=run, state=state, **amounts)
    return run


@pytest.mark.parametrize(
    ("state", "sums", "amount", "source"),
    [
        (SumState.RESERVED, {"expected": "0.050"}, "0.05", "estimated"),
        (SumState.SETTLED, {"expected": "0.05", "billed": "0.1"}, "0.1", "measured"),
        (SumState.SETTLED, {"billed": "0.1", "reported": "0.00000001"}, "0.00000001", "billed"),
        (SumState.RELEASED, {"expected": "0.05"}, "0", "billed"),
    ],
)
def test_a_run_has_the_best_known_figure(state, sums, amount, source):
    run = run_with(state, **sums)
    assert costs.of_run(run) == {"amount": amount, "source": source}
    assert costs.in_headers(run) == {"X-Vitrine-Cost": f"{amount}; source={source}"}
    assert costs.in_body(run) == {"cost": float(amount), "cost_source": source}


def test_an_unknown_cost_is_no_number():
    run = run_with(SumState.SETTLED)
    assert (costs.of_run(run), costs.in_headers(run), costs.in_body(run)) == (None, {}, {})


@pytest.mark.parametrize(
    ("low", "high", "more", "expected"),
    [
        ("0.1", "0.2", {}, ("0.2", "estimated")),
        ("0.1", None, {"usual": Decimal("0.4")}, ("0.4", "estimated")),
        ("0.1", None, {}, ("0.1", "estimated")),
        ("0.1", "0.1", {"source": MEASURED}, ("0.1", "measured")),
        ("0.1", "0.1", {"unknown_count": 1}, None),
        ("0.1", "0.1", {"currency": "EUR"}, None),
        (None, None, {}, None),
    ],
)
def test_an_estimate_has_its_usual_or_highest_figure(low, high, more, expected):
    least, most = (None if bound is None else Decimal(bound) for bound in (low, high))
    figure = costs.of_estimate(Estimate(least, most, **more))
    assert figure == (expected and dict(zip(("amount", "source"), expected, strict=True)))
