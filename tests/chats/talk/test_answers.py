"""The answer is read from any output of a model."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chats.talk.answers import Answer, parse_answer
from tests.tables import each_row

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
KEYS = st.sampled_from(["output", "choices", "usage", "error", "reasoning", "text", "message"])


@each_row(
    ("output", "answer"),
    [
        ({"output": "Hi", "partial": True, "error": None}, Answer("Hi")),
        ({"output": "", "error": "no credit"}, Answer(trouble="no credit")),
        ({"choices": [{"message": {"content": "Hi"}}]}, Answer("Hi")),
        ({"choices": [{"message": {"content": None}}]}, Answer()),
        ({"text": "Hi", "reasoning": "why"}, Answer("Hi", "why")),
        ({"output": ["a", "b"]}, Answer("ab")),
        ({"output": "Hi", "usage": {"prompt_tokens": 1200, "completion_tokens": 3}},
         Answer("Hi", counted="1,200 tokens in · 3 out")),
        ({"output": "Hi", "usage": {"total_tokens": 9, "cost": -1}},
         Answer("Hi", counted="9 tokens")),
        ("Hi", Answer("Hi")),
        (None, Answer()),
        ([1], Answer()),
    ],
)  # fmt: skip
def test_the_answer_is_read_from_the_output(output: Any, answer: Answer) -> None:
    assert parse_answer(output) == answer


def test_the_cost_reported_by_upstream_is_shown() -> None:
    assert (
        "$0.0012"
        in parse_answer({"output": "x", "usage": {"total_tokens": 9, "cost": 0.0012}}).counted
    )


@given(JSON | st.dictionaries(KEYS, JSON))
def test_any_output_can_be_read_as_an_answer(output: Any) -> None:
    assert isinstance(parse_answer(output), Answer)
