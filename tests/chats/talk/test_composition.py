"""The composed arguments of any conversation are valid for the model's schema."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chats.talk.composition import Conversation, Exchange, compose, fold
from chats.talk.shape import Shape, read_shape
from schemas import build, contract
from schemas.changes.migrate_arguments import Version
from schemas.validation import validate
from tests.chats import documents

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
        f"User: {exchange.said}\n\nAssistant: {exchange.answered}" in prompt
        for exchange in earlier[left_out:]
    )


def test_a_first_message_is_sent_unchanged() -> None:
    how, settings = SHAPES["router"]
    composed = compose(how, Conversation("Hello", (), "Be short."), settings)
    assert composed.arguments == {"model": "a/b", "prompt": "Hello", "system_prompt": "Be short."}


def test_a_folded_prompt_lists_the_turns_by_role() -> None:
    prompt, left_out = fold(Conversation("And now?", [Exchange("Hi", "Hello.")]), "", 1000)
    assert prompt == (
        "Conversation so far:\n\nUser: Hi\n\nAssistant: Hello.\n\nAnswer the next message.\n\n"
        "User: And now?\n\nAssistant:"
    )
    assert left_out == 0


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
