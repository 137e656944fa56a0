"""The figures and words on every page."""

from datetime import timedelta
from decimal import Decimal

import pytest

from core.formatting import counted, duration, exactly, money


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 runs"), (1, "1 run"), (2, "2 runs"), (1200, "1,200 runs")]
)
def test_a_count_has_its_noun(count, text):
    assert counted(count, "run") == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0.025", "$0.025"),
        ("0.00008", "$0.00008"),
        ("0.012345", "$0.012"),
        ("0.0125", "$0.0125"),
        ("-0.14159", "-$0.14"),
        ("0.9996", "$1.00"),
        ("12", "$12.00"),
        ("1234.5", "$1,234.50"),
        ("0", "$0.00"),
    ],
)
def test_money_has_two_digits_after_its_zeros_or_three_exact_ones(amount, text):
    assert money(Decimal(amount)) == text


@pytest.mark.parametrize(
    ("amount", "text"), [("0.14159", "$0.14159"), ("0.1000", "$0.10"), ("1234.5", "$1,234.50")]
)
def test_an_exact_amount_has_all_its_digits(amount, text):
    assert exactly(Decimal(amount)) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.42, "0.4 s"),
        (72, "1 min 12 s"),
        (120, "2 min"),
        (3700, "1 h 1 min"),
    ],
)
def test_durations_are_worded(seconds, text):
    assert duration(seconds) == text
    assert duration(timedelta(seconds=seconds)) == text
