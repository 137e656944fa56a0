"""JSON typed by users: its errors, in their words, with the place."""

import json
from fractions import Fraction

import pytest
from hypothesis import given

from schemas import build, contract, decode_post, draw
from schemas.exact import NotJson, indented, loads
from schemas.numbers import MAX_DIGITS, NotANumber, as_json, read_exactly, read_number
from tests.schemas import strategies
from tests.tables import each_row


@each_row(
    ("text", "message"),
    [
        ("", "a value is missing (line 1, column 1)"),
        ("a cat", "a text must be in double quotes"),
        ("{a: 1}", "a key in double quotes is missing (line 1, column 2)"),
        ('{"a" 1}', "a colon is missing (line 1, column 6)"),
        ('{\n"a": 1 "b": 2}', "a comma is missing (line 2, column 8)"),
        ('{"a": 1,}', "there is one comma too many (line 1, column 8)"),
        ("[1,\n]", "there is one comma too many (line 1, column 3)"),
        ('"a', "this text has no closing quote (line 1, column 1)"),
        ("1 2", "nothing may follow its end (line 1, column 3)"),
        ('{"a": 1, "a": 2}', 'it has the key "a" twice'),
        ("[NaN]", "NaN is not a JSON value"),
        ("1e999", "1e999 is too large a number"),
        ("[" * 200 + "]" * 200, "it is nested more than 100 levels deep"),
        ("9" * 5000, "a number in it has too many digits"),
    ],
)
def test_json_errors_are_explained(text, message):
    with pytest.raises(NotJson) as raised:
        loads(text)
    assert str(raised.value) == message


def test_json_errors_in_extra_keys_are_shown_at_the_extra_keys():
    """If the whole box is unreadable, and if one row's value is; also nested."""
    form = build(
        contract(
            strategies.document(
                {"properties": {"o": {"type": "object", "properties": {"x": {"type": "string"}}}}}
            )
        )
    )
    for name, post, message in (
        ("~extra", {"~extra~json": ["[1]"]}, "Other keys must be a JSON object, in braces"),
        (
            "o~extra",
            {"o~extra~json": ["{"]},
            "Other keys is not valid JSON: a key in double quotes is missing (line 1, column 2)",
        ),
        (
            "~extra.0",
            {"~extra~rows": ["0"], "~extra.0~key": ["k"], "~extra.0": ["a cat"]},
            "The value is not valid JSON: a text must be in double quotes",
        ),
    ):
        problems = decode_post(form, post).problems
        tree = draw(form, post=post, problems=problems)
        assert [(node.name, node.errors) for node in tree.walk() if node.errors] == [
            (name, [message])
        ]


def test_indented_json_keeps_every_literal():
    text = '{"a":[],"b":{ },"c":[1,2.50,{"d":"x, {y}\\""}],"e":12345678901234567890123}'
    assert indented(text).splitlines() == [
        "{",
        '  "a": [],',
        '  "b": {},',
        '  "c": [',
        "    1,",
        "    2.50,",
        "    {",
        '      "d": "x, {y}\\""',
        "    }",
        "  ],",
        '  "e": 12345678901234567890123',
        "}",
    ]


@given(strategies.json_values)
def test_indented_json_parses_to_the_same_value(value):
    text = json.dumps(value)
    assert json.loads(indented(text)) == value


@each_row(
    ("text", "expected"),
    [
        ("1e3", 1000), ("1E3", 1000), ("1.5e1", 15), ("20.0", 20), ("-2e2", -200), ("+7", 7),
        ("9007199254740993", 9007199254740993), ("9007199254740993.0", 9007199254740993),
        ("9007199254740993e0", 9007199254740993), ("9.007199254740993e15", 9007199254740993),
        ("-0", 0), ("0e999999", 0), ("1200e-2", 12),
    ],
)  # fmt: skip
def test_a_whole_number_may_be_written_in_any_way(text, expected):
    number = read_number(text, is_whole=True)
    assert number == expected
    assert isinstance(number, int)


@pytest.mark.parametrize("text", ["1.2e-7", "1e3", "-0.0", "1E+2", "0.1", "123", "1.0", "5e-324"])
def test_numbers_of_json_are_accepted(text):
    assert repr(read_number(text)) == repr(json.loads(text))


@each_row("text", ["", "NaN", "inf", "-Infinity", "1_000", "\u0663", "0x1", "1e", "e3"])
@each_row("is_whole", [True, False])
def test_texts_that_are_no_numbers_are_rejected(text, is_whole):
    with pytest.raises(NotANumber):
        read_number(text, is_whole=is_whole)


@each_row("text", ["1e999", "-1e999", "1e999999", "9" * 4001, "1e99999"])
@each_row("is_whole", [True, False])
def test_numbers_too_large_to_print_are_rejected(text, is_whole):
    with pytest.raises(NotANumber, match="too large"):
        read_number(text, is_whole=is_whole)


@pytest.mark.parametrize("text", ["1.5", "1e-3", "1e-999999"])
def test_fractions_are_not_whole_numbers(text):
    with pytest.raises(NotANumber, match="whole"):
        read_number(text, is_whole=True)


def test_the_largest_whole_number_can_be_written():
    assert json.dumps(read_number("9" * MAX_DIGITS, is_whole=True)) == "9" * MAX_DIGITS


def test_calculations_do_not_round():
    assert as_json(read_exactly("0.1") * 3) == 0.3
    assert as_json(read_exactly("9007199254740993") + 1) == 9007199254740994
    assert read_exactly("1.2e-7") == Fraction(12, 10**8)
    with pytest.raises(NotANumber):
        read_exactly("1e999999")


def test_a_byte_order_mark_is_no_part_of_json():
    assert loads('\ufeff{"a": "\ufeff"}') == {"a": "\ufeff"}
    with pytest.raises(NotJson, match="a value is missing"):
        loads("\ufeff")
