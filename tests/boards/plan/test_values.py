"""Values along an axis, by tables."""

from __future__ import annotations

from typing import Any

import pytest

from boards.plan.values import read_axis, read_value
from schemas import Field
from schemas.fields import Option

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


@pytest.mark.parametrize(
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
def test_an_axis_is_read_as_its_field_asks(field: Field, text: str, expected: Any) -> None:
    assert read_axis(field, text) == expected


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        (STEPS, "  \n", "No value for Steps"),
        (STEPS, "1-10000", "has 10000 values"),
        (STEPS, "9-3", "runs backwards"),
        (STEPS, "1-9 step 0", "more than 0"),
        (STEPS, "many", "Steps takes numbers"),
        (RATIO, "4:3", "it has 16:9, 1:1"),
        (SWITCH, "perhaps", "on or off"),
        (PROMPT, "a\n" * 500, "up to 400"),
    ],
)
def test_what_is_wrong_with_an_axis_is_said_in_a_sentence(
    field: Field, text: str, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        read_axis(field, text)


def test_a_value_of_a_table_keeps_its_type() -> None:
    assert [read_value(STEPS, "4"), read_value(SCALE, "0.5"), read_value(PROMPT, "4")] == [
        4,
        0.5,
        "4",
    ]
