"""What an estimate says in words, and how estimates add up."""

from __future__ import annotations

from decimal import Decimal

from schemas.estimate import NOTHING, Estimate, unknown
from tests.tables import each_row


def about(low: str, high: str | None = "same", currency: str = "USD") -> Estimate:
    most = low if high == "same" else high
    return Estimate(Decimal(low), None if most is None else Decimal(most), currency)


@each_row(
    ("estimate", "sentence"),
    [
        (about("0.1"), "about $0.10"),
        (about("0.0196608"), "about $0.02"),
        (about("0.0237"), "about $0.024"),
        (about("4.8"), "about $4.80"),
        (about("12.3456"), "about $12.35"),
        (about("1234.5"), "about $1,234.50"),
        (about("0.1", "0.2"), "$0.10 to $0.20"),
        (about("0", "0.2"), "up to $0.20"),
        (about("0.1000", "0.1001"), "about $0.10"),
        (about("0.1", None), "at least $0.10"),
        (about("0", None), "at least $0.00"),
        (about("0"), "Free"),
        (about("0.5", currency="EUR"), "about 0.50 EUR"),
        (unknown("USD"), "Price unknown"),
        (about("0.1") + about("0.2"), "about $0.30"),
        (about("0.1") + about("0.2", "0.4"), "$0.30 to $0.50"),
        (about("0.1") + about("0.2", None), "at least $0.30"),
        (about("0.1") + unknown("USD"), "about $0.10 + 1 unknown"),
        (unknown("USD") + unknown("USD") + about("1"), "about $1.00 + 2 unknown"),
        (about("0") + unknown("USD"), "about $0.00 + 1 unknown"),
        (unknown("USD") + unknown("USD"), "Price unknown"),
        (about("0.1") + about("0.2", currency="EUR"), "about $0.10 + 1 unknown"),
        (about("0.1").times(4), "about $0.40"),
        (about("0.1", "0.2").times(8), "$0.80 to $1.60"),
        (unknown("USD").times(4) + about("1"), "about $1.00 + 4 unknown"),
        (NOTHING, "Free"),
    ],
)
def test_an_estimate_is_worded(estimate: Estimate, sentence: str) -> None:
    assert estimate.words == sentence


def test_estimates_can_be_summed_from_zero() -> None:
    assert sum([unknown("USD", "Why")], NOTHING) == unknown("USD", "Why")
    assert sum([about("1", currency="EUR")], NOTHING).words == "about 1.00 EUR"
    total = sum([about("0.1"), unknown("USD"), about("0.2")], NOTHING)
    assert (total.low, total.high, total.unknown_count) == (Decimal("0.3"), Decimal("0.3"), 1)
