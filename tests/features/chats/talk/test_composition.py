"""The arguments that a chat composes are valid for the model's schema, in every chat."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.chats.talk.answers import Answer, parse_answer
from features.chats.talk.composition import Conversation, Exchange, compose, fold, is_too_long
from features.chats.talk.shape import Shape, read_shape
from schemas import build, contract
from schemas.changes.migrate_arguments import Version
from schemas.validation import validate
from tests.features.chats import documents
from tests.tables import each_row

WORDS = st.text(min_size=1, max_size=120)
EARLIER = st.lists(st.builds(Exchange, WORDS, WORDS), max_size=12)


def shape(document: dict[str, Any]) -> Shape:
    endpoint_contract = contract(document, "lab/llm")
    read = read_shape(Version(endpoint_contract, build(endpoint_contract)))
    assert read is not None
    return read


SHAPES = {name: (shape(document), settings) for name, (document, settings) in documents.ALL.items()}


@given(st.sampled_from(sorted(SHAPES)), EARLIER, WORDS, st.one_of(st.just(""), WORDS))
def test_arguments_are_valid_and_contain_the_message(
    name: str, earlier: list[Exchange], text: str, system: str
) -> None:
    how, settings = SHAPES[name]
    composed = compose(how, Conversation(text, earlier, system), settings)
    assert composed.problems == []
    assert validate(how.version.contract, composed.arguments, how.version.root) == []
    assert 0 <= composed.left_out <= len(earlier)
    assert settings.items() <= composed.arguments.items()
    last = composed.arguments.get("prompt") or composed.arguments["messages"][-1]["content"]
    assert text in (last if isinstance(last, str) else last[0]["text"])


@given(EARLIER, WORDS, st.integers(120, 2000))
def test_a_folded_prompt_fits_and_keeps_the_newest_turns(
    earlier: list[Exchange], text: str, most: int
) -> None:
    prompt, left_out = fold(Conversation(text, earlier), "", most)
    assert len(prompt) <= most
    assert all(
        f"User: {exchange.message}\n\nAssistant: {exchange.answer}" in prompt
        for exchange in earlier[left_out:]
    )


def test_messages_carry_the_roles() -> None:
    how, _ = SHAPES["messages"]
    talk = Conversation("Two", [Exchange("One", "1")], "Count.")
    assert [(m["role"], m["content"]) for m in compose(how, talk, {}).arguments["messages"]] == [
        ("system", "Count."), ("user", "One"), ("assistant", "1"), ("user", "Two"),
    ]  # fmt: skip


def test_a_too_long_message_is_a_problem_of_the_prompt() -> None:
    how, _ = SHAPES["short"]
    (problem,) = compose(how, Conversation("x" * 301), {}).problems
    assert problem.path == ("prompt",)


@pytest.mark.parametrize("missing", ["model"])
def test_a_missing_required_setting_is_named(missing: str) -> None:
    how, _ = SHAPES["router"]
    (problem,) = compose(how, Conversation("Hello"), {}).problems
    assert problem.path == (missing,)


def test_a_picture_model_has_no_conversations() -> None:
    endpoint_contract = contract(documents.PAINTER, "lab/llm")
    assert read_shape(Version(endpoint_contract, build(endpoint_contract))) is None


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


@each_row(
    "message",
    [
        "This model's maximum context length is 8192 tokens. However, you requested 9001 tokens.",
        "prompt is too long: 210000 tokens > 200000 maximum",
        "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
        "This endpoint's maximum context length is 32768 tokens.",
        "Input is too long for requested model.",
        "String should have at most 5000 characters",
    ],
)
@each_row("is_within_output", [True, False])
def test_messages_about_length_are_recognised(message: str, is_within_output: bool) -> None:
    error = None if is_within_output else {"error": "RunFailed", "message": message}
    assert is_too_long(error, message if is_within_output else "")


@pytest.mark.parametrize(
    "error",
    [
        None,
        {},
        {"error": "RunFailed", "message": "Rate limit exceeded, try again later."},
        {"error": "AuthFailed", "message": "Your token has expired."},
        {"error": "RunFailed", "message": "The model took too long."},
    ],
)
def test_other_errors_are_not_about_length(error: Any) -> None:
    assert not is_too_long(error)


def test_an_error_type_about_length_is_recognised() -> None:
    detail = [{"loc": ["body", "prompt"], "msg": "Wrong.", "type": "string_too_long"}]
    assert is_too_long({"error": "InvalidInput", "status": 422, "detail": detail})
