"""JSON that people typed: what is wrong with it, in their words, and where."""

from __future__ import annotations

import json

import pytest
from hypothesis import given

from schemas import build, contract, decode_post, draw
from schemas.exact import NotJson, indented, loads
from tests.schemas import strategies
from tests.tables import each_row


@each_row(
    ("text", "message"),
    [
        ("", "a value is missing (line 1, column 1)"),
        ("a cat", "a text stands in double quotes"),
        ("{a: 1}", "a key in double quotes is missing (line 1, column 2)"),
        ('{"a" 1}', "a colon is missing (line 1, column 6)"),
        ('{\n"a": 1 "b": 2}', "a comma is missing (line 2, column 8)"),
        ('{"a": 1,}', "there is a comma too many (line 1, column 8)"),
        ("[1,\n]", "there is a comma too many (line 1, column 3)"),
        ('"a', "this text has no closing quote (line 1, column 1)"),
        ("1 2", "nothing may follow its end (line 1, column 3)"),
        ('{"a": 1, "a": 2}', 'the key "a" stands in it twice'),
        ("[NaN]", "NaN is not a JSON value"),
        ("1e999", "1e999 is too large a number"),
        ("[" * 200 + "]" * 200, "it is nested more than 100 levels deep"),
        ("9" * 5000, "a number in it has too many digits"),
    ],
)
def test_json_errors_are_explained(text: str, message: str) -> None:
    with pytest.raises(NotJson) as raised:
        loads(text)
    assert str(raised.value) == message


def test_json_errors_in_extra_keys_are_shown_at_the_extra_keys() -> None:
    """Whether the whole box cannot be read, or the value of one row; nested as well."""
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
            "The value is not valid JSON: a text stands in double quotes",
        ),
    ):
        problems = decode_post(form, post).problems
        tree = draw(form, post=post, problems=problems)
        assert [(node.name, node.errors) for node in tree.walk() if node.errors] == [
            (name, [message])
        ]


def test_indented_json_keeps_every_literal() -> None:
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
def test_indented_json_parses_to_the_same_value(value: object) -> None:
    text = json.dumps(value)
    assert json.loads(indented(text)) == value
