"""Numbers as people type them: all that JSON allows, exactly."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from schemas.numbers import MAX_DIGITS, NotANumber, as_json, read_exactly, read_number
from tests.tables import each_row


@each_row(
    ("text", "expected"),
    [
        ("1e3", 1000), ("1E3", 1000), ("1.5e1", 15), ("20.0", 20), ("-2e2", -200), ("+7", 7),
        ("9007199254740993", 9007199254740993), ("9007199254740993.0", 9007199254740993),
        ("9007199254740993e0", 9007199254740993), ("9.007199254740993e15", 9007199254740993),
        ("-0", 0), ("0e999999", 0), ("1200e-2", 12),
    ],
)  # fmt: skip
def test_a_whole_number_may_be_written_in_any_way(text: str, expected: int) -> None:
    number = read_number(text, is_whole=True)
    assert number == expected
    assert isinstance(number, int)


@pytest.mark.parametrize("text", ["1.2e-7", "1e3", "-0.0", "1E+2", "0.1", "123", "1.0", "5e-324"])
def test_numbers_of_json_are_accepted(text: str) -> None:
    assert repr(read_number(text)) == repr(json.loads(text))


@each_row("text", ["", "NaN", "inf", "-Infinity", "1_000", "\u0663", "0x1", "1e", "e3"])
@each_row("is_whole", [True, False])
def test_texts_that_are_no_numbers_are_rejected(text: str, is_whole: bool) -> None:
    with pytest.raises(NotANumber):
        read_number(text, is_whole=is_whole)


@each_row("text", ["1e999", "-1e999", "1e999999", "9" * 4001, "1e99999"])
@each_row("is_whole", [True, False])
def test_numbers_too_large_to_print_are_rejected(text: str, is_whole: bool) -> None:
    with pytest.raises(NotANumber, match="too large"):
        read_number(text, is_whole=is_whole)


@pytest.mark.parametrize("text", ["1.5", "1e-3", "1e-999999"])
def test_fractions_are_not_whole_numbers(text: str) -> None:
    with pytest.raises(NotANumber, match="whole"):
        read_number(text, is_whole=True)


def test_the_largest_whole_number_can_be_written() -> None:
    assert json.dumps(read_number("9" * MAX_DIGITS, is_whole=True)) == "9" * MAX_DIGITS


def test_calculations_do_not_round() -> None:
    assert as_json(read_exactly("0.1") * 3) == 0.3
    assert as_json(read_exactly("9007199254740993") + 1) == 9007199254740994
    assert read_exactly("1.2e-7") == Fraction(12, 10**8)
    with pytest.raises(NotANumber):
        read_exactly("1e999999")
