"""What the figures of a record say: the price of a kept result, with its interval."""

import math
from decimal import Decimal

import pytest

from catalog.model_records import ModelRecord, ModelRecords
from tests.tables import each_row

TOLD = ModelRecord(runs=50, failed=2, judged=40, kept=10, priced=40, spent=Decimal("3.10"))
TWO_CENTS = Decimal("0.02")


def test_the_price_of_a_kept_result_is_what_the_judged_ones_cost():
    assert TOLD.price_per_kept == Decimal("0.31")
    assert TOLD.share_kept == 0.25
    assert TOLD.line == "$0.31 per kept result · 10 of 40 kept"


def test_its_interval_is_wilsons_of_the_share():
    low, high = TOLD.share_interval
    assert (low, high) == pytest.approx((0.1419, 0.4019), abs=1e-4)  # as statsmodels has it
    interval = TOLD.price_interval
    assert interval is not None
    assert interval.low == pytest.approx(Decimal("0.0775") / Decimal(high))
    assert interval.high == pytest.approx(Decimal("0.0775") / Decimal(low))
    assert TOLD.interval_words == "$0.19 to $0.55"


@each_row(
    ("record", "line", "fact"),
    [
        (ModelRecord(), "", ""),
        (ModelRecord(runs=9, failed=9), "", ""),
        (ModelRecord(judged=4, kept=1, priced=4, spent=TWO_CENTS),
         "1 of 4 kept · too few to tell", ""),
        (ModelRecord(judged=19, kept=9, priced=19, spent=TWO_CENTS),
         "9 of 19 kept · early: 27 to 68 %", ""),
        (ModelRecord(judged=5, kept=0, priced=5, spent=TWO_CENTS),
         "0 of 5 kept · early: 0 to 43 %", ""),
        (ModelRecord(judged=20, kept=0, priced=20, spent=TWO_CENTS), "0 of 20 kept", ""),
        (ModelRecord(judged=20, kept=4), "4 of 20 kept", ""),  # of unknown cost
        (ModelRecord(judged=20, kept=4, priced=20, spent=TWO_CENTS),
         "$0.005 per kept result · 4 of 20 kept", "keeper:0.005"),
        (ModelRecord(judged=20, kept=4, priced=10, spent=TWO_CENTS),  # half of unknown cost
         "$0.01 per kept result · 4 of 20 kept", "keeper:0.01"),
        (ModelRecord(judged=20, kept=4, is_of_house=True), "4 of 20 kept in the house", ""),
    ],
)  # fmt: skip
def test_a_card_says_what_is_known(record, line, fact):
    assert record.line == line
    assert ModelRecords("key", {1: record}).fact(1) == fact


def test_models_that_tell_nothing_come_last():
    dear = ModelRecord(judged=40, kept=10, priced=40, spent=Decimal(40))
    records = ModelRecords("key", {1: ModelRecord(judged=3, kept=3), 2: dear, 3: TOLD})
    assert sorted([4, 1, 2, 3], key=records.rank) == [3, 2, 4, 1]
    assert records.rank(4) == (math.inf, 0.0)
