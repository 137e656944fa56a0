"""The values along an axis, in tables of cases."""

from typing import Any

import pytest

from features.boards.plan.values import read_axis, read_cell, read_value
from schemas import Field
from schemas.fields import MISSING, Option
from tests.tables import each_row

STEPS = Field(kind="integer", name="steps", label="Steps")
SCALE = Field(kind="number", name="scale", label="Scale")
PROMPT = Field(kind="string", name="prompt", label="Prompt")
SWITCH = Field(kind="boolean", name="hd", label="HD")
FILES = Field(
    kind="list", name="image_urls", label="Images", item=Field(kind="string", media="image")
)
LORAS = Field(
    kind="list",
    name="loras",
    label="LoRAs",
    item=Field(
        kind="object",
        children=(
            Field(kind="string", name="path", is_required=True),
            Field(kind="number", name="scale"),
        ),
    ),
)
RATIO = Field(
    kind="choice",
    name="ratio",
    label="Ratio",
    options=tuple(Option(key=v, label=v, value=v) for v in ("16:9", "1:1")),
)


@each_row(
    ("field", "text", "expected"),
    [
        (STEPS, "4, 8\n12", [4, 8, 12]),
        (STEPS, "4-20 step 8", [4, 12, 20]),
        (STEPS, "1..3", [1, 2, 3]),
        (SCALE, "0.5 to 1.5 step 0.5", [0.5, 1, 1.5]),
        (PROMPT, "a cat, sitting\n\na dog\n", ["a cat, sitting", "a dog"]),
        (PROMPT, "two\nlines\n---\nanother", ["two\nlines", "another"]),
        (PROMPT, "1-3", ["1-3"]),
        (RATIO, "all", ["16:9", "1:1"]),
        (RATIO, "1:1", ["1:1"]),
        (SWITCH, "on, off", [True, False]),
        (LORAS, "https://a/b.safetensors", [[{"path": "https://a/b.safetensors"}]]),
        (LORAS, '[{"path": "p", "scale": 2}]', [[{"path": "p", "scale": 2}]]),
        (FILES, "https://a/b.png\nhttps://a/c.png", [["https://a/b.png"], ["https://a/c.png"]]),
    ],
)
def test_axis_values_are_parsed_by_their_field(field, text, expected):
    assert read_axis(field, text) == expected


@each_row(
    ("field", "text", "message"),
    [
        (STEPS, "  \n", "No value for Steps"),
        (STEPS, "1-10000", "has 10000 values"),
        (STEPS, "9-3", "runs backwards"),
        (STEPS, "1-9 step 0", "more than 0"),
        (STEPS, "many", "Steps takes whole numbers"),
        (RATIO, "4:3", "it has 16:9, 1:1"),
        (PROMPT, "a\n" * 500, "up to 400"),
    ],
)
def test_an_invalid_axis_is_explained(field, text, message):
    with pytest.raises(ValueError, match=message):
        read_axis(field, text)


def choice(*members: Any, **more: Any) -> Field:
    options = tuple(Option(key=str(n), label=str(v), value=v) for n, v in enumerate(members))
    return Field(kind="choice", name="style", label="Style", options=options, **more)


BIG = 9007199254740993


@each_row(
    ("field", "text", "expected"),
    [
        (STEPS, f"{BIG}-{BIG + 2}", [BIG, BIG + 1, BIG + 2]),
        (STEPS, f"{10**18 + 1} to {10**18 + 7} step 3", [10**18 + 1, 10**18 + 4, 10**18 + 7]),
        (STEPS, f"{BIG}\n{BIG}.0, 1e3", [BIG, BIG, 1000]),
        (STEPS, "1e3-3e3 step 1e3", [1000, 2000, 3000]),
        (SCALE, "1.2e-7, 1E3, -0.5", [1.2e-7, 1000, -0.5]),
        (SCALE, "0.1-0.5 step 0.1", [0.1, 0.2, 0.3, 0.4, 0.5]),
        (SCALE, "1e-7-3e-7 step 1e-7", [1e-7, 2e-7, 3e-7]),
        (SCALE, "-2--1", [-2, -1]),
    ],
)
def test_numbers_of_an_axis_are_exact(field, text, expected):
    values = read_axis(field, text)
    assert values == expected
    assert all(isinstance(value, int) for value in values if field is STEPS)


@each_row(
    ("members", "text", "expected"),
    [
        (("A", "a"), "a, A", ["a", "A"]),
        (("a,b", "a", "b"), "a,b", ["a,b"]),
        (("a,b", "c"), '"a,b",c', ["a,b", "c"]),
        (('say "hi"', "c"), '"say ""hi""", c', ['say "hi"', "c"]),
        ((" a", "a"), '" a", a', [" a", "a"]),
        (("a ", "b"), "a \nb", ["a ", "b"]),
        (("Wide", "Tall"), "wide, TALL", ["Wide", "Tall"]),
        (("one\u2028two", "x"), "one\u2028two\nx", ["one\u2028two", "x"]),
        (("1-3", "1", "3"), "1-3, 3", ["1-3", "3"]),
        (("all", "some"), "all", ["all"]),
        ((1, 2, "x"), "1, 2, x", [1, 2, "x"]),
        ((True, False), "true, False", [True, False]),
    ],
)
def test_choices_on_an_axis_keep_their_spelling(members, text, expected):
    assert read_axis(choice(*members), text) == expected


@pytest.mark.parametrize("text", ["a", "A"])
def test_a_text_allowed_beside_choices_stays_a_text(text):
    options = choice("A").options
    field = Field(
        kind="union", name="voice", label="Voice", options=options,
        branches=(Field(kind="choice", options=options), Field(kind="string")),
    )  # fmt: skip
    assert read_axis(field, text) == [text]


def test_a_choice_in_another_case_is_refused_if_ambiguous():
    with pytest.raises(ValueError, match="has no choice “ÄB”"):
        read_axis(choice("äB", "Äb"), "ÄB")


@each_row("text", ["NaN", "nan", "inf", "-Infinity", "1e999", "1_000", "\u0663"])
@each_row("field", [STEPS, SCALE])
def test_axis_values_that_are_not_numbers_are_refused(field, text):
    with pytest.raises(ValueError, match="takes"):
        read_axis(field, text)
    with pytest.raises(ValueError, match="takes"):
        read_value(field, text)


@pytest.mark.parametrize("cell", ["NaN", " nan ", "<NA>", None])
@pytest.mark.parametrize("field", [STEPS, SCALE])
def test_an_empty_cell_of_pandas_is_empty(field, cell):
    assert read_cell(field, cell) is MISSING


def test_a_text_of_a_table_may_be_nan():
    assert read_cell(PROMPT, "NaN") == "NaN"
    assert read_cell(Field(kind="number", name="x", is_nullable=True), None) is None


@pytest.mark.parametrize(("cell", "expected"), [("a\0b", "ab"), ("a\ud83d", "a?")])
def test_values_contain_no_characters_a_database_refuses(cell, expected):
    assert read_cell(PROMPT, cell) == expected
    assert read_axis(PROMPT, cell) == [expected]
    assert read_cell(LORAS, [{"path": cell}]) == [{"path": expected}]
    assert read_axis(LORAS, '[{"path": "a\\u0000b\\ud83d"}]') == [[{"path": "ab?"}]]
