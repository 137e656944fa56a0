"""The sandbox bills ten runs at other prices than its list says; the job finds each real price."""

from __future__ import annotations

from decimal import Decimal
from itertools import cycle, islice

import pytest

from catalog.models import Endpoint
from features.spending.models import MeasuredPrice
from features.spending.prices import updating
from runs.costs.cost import estimate_run
from runs.models import Charge
from tests.features.spending.conftest import ReadBills
from tests.runs.conftest import Ask, Control, Work, have_ended

pytestmark = [pytest.mark.system, pytest.mark.django_db(transaction=True)]

CONSTANT, BY_SIZE, MISLABELLED = "sandbox/ridgeline", "sandbox/aurora/lite", "sandbox/aurora"
SIZES = {"square": "0.02", "landscape_4_3": "0.05", "square_hd": "0.11"}
TOLERANCE = Decimal("0.05")


def is_close(measured: Decimal, price: str) -> bool:
    return abs(measured - Decimal(price)) <= TOLERANCE * Decimal(price)


@pytest.mark.exhaustive
def test_each_measured_price_is_within_5_percent_after_ten_runs(
    ask: Ask, work: Work, sandbox: Control, read_bills: ReadBills
) -> None:
    Endpoint.objects.filter(endpoint_id=MISLABELLED).update(
        unit_price_usd=Decimal("0.0005"), price_unit="compute seconds"
    )
    # One bill of a hundred times the price must not count.
    sandbox.bill(endpoint_id=CONSTANT, unit_price="0.024", factor=100, nth=7)
    sandbox.bill(endpoint_id=BY_SIZE, argument="image_size", prices=SIZES)
    sandbox.bill(endpoint_id=MISLABELLED, unit_price="0.049", units="1")
    runs = []
    for number, size in enumerate(islice(cycle(SIZES), 10)):
        prompt = f"a ridge {number}"
        runs += [
            ask(CONSTANT, prompt=prompt),
            ask(BY_SIZE, prompt=prompt, image_size=size),
            ask(MISLABELLED, prompt=prompt),
        ]
    work(lambda: have_ended(*runs))
    read_bills()
    assert not Charge.objects.filter(reported=None).exists()
    assert updating.measure_due() >= 30

    endpoints = {row.endpoint_id: row for row in Endpoint.objects.all()}
    prices = {row.endpoint_id: row for row in MeasuredPrice.objects.all()}
    constant = prices[endpoints[CONSTANT].pk]
    assert (constant.unit, constant.count, constant.is_used) == ("images", 10, True)
    assert is_close(constant.median, "0.024")
    assert constant.high == Decimal("2.40")

    for size, price in SIZES.items():
        estimate = estimate_run(endpoints[BY_SIZE], {"prompt": "a ridge", "image_size": size})
        assert estimate.source == "measured"
        assert estimate.most is not None
        assert is_close(estimate.most, price)

    mislabelled = endpoints[MISLABELLED]
    assert mislabelled.measured_price is not None
    assert (mislabelled.measured_unit, mislabelled.measured_runs) == ("images", 10)
    assert is_close(mislabelled.measured_price, "0.049")
    basis = estimate_run(mislabelled, {"prompt": "a ridge"}).basis
    sentence = "the list price is $0.0005 per compute second."
    assert basis[-1] == f"Measured: $0.049 per image, from 10 runs; {sentence}"
