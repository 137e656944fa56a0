"""The arguments composed of a conversation are valid for the model's schema, in every one."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from api.openai_proxy.answers import Answer, parse_answer
from api.openai_proxy.composition import Conversation, Exchange, compose, fold
from api.openai_proxy.shape import Shape, read_shape
from schemas import build, contract
from schemas.validation import Version, validate
from tests.api.openai_proxy import documents
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
def test_arguments_are_valid_and_contain_the_message(name, earlier, text, system):
    how, settings = SHAPES[name]
    composed = compose(how, Conversation(text, earlier, system), settings)
    assert composed.problems == []
    assert validate(how.version.contract, composed.arguments, how.version.root) == []
    assert 0 <= composed.left_out <= len(earlier)
    assert settings.items() <= composed.arguments.items()
    last = composed.arguments.get("prompt") or composed.arguments["messages"][-1]["content"]
    assert text in (last if isinstance(last, str) else last[0]["text"])


@given(EARLIER, WORDS, st.integers(120, 2000))
def test_a_folded_prompt_fits_and_keeps_the_newest_turns(earlier, text, most):
    prompt, left_out = fold(Conversation(text, earlier), "", most)
    assert len(prompt) <= most
    assert all(
        f"User: {exchange.message}\n\nAssistant: {exchange.answer}" in prompt
        for exchange in earlier[left_out:]
    )


def test_messages_carry_the_roles():
    how, _ = SHAPES["messages"]
    talk = Conversation("Two", [Exchange("One", "1")], "Count.")
    assert [(m["role"], m["content"]) for m in compose(how, talk, {}).arguments["messages"]] == [
        ("system", "Count."), ("user", "One"), ("assistant", "1"), ("user", "Two"),
    ]  # fmt: skip


def test_a_too_long_message_is_a_problem_of_the_prompt():
    how, _ = SHAPES["short"]
    (problem,) = compose(how, Conversation("x" * 301), {}).problems
    assert problem.path == ("prompt",)


def test_a_missing_required_setting_is_named():
    how, _ = SHAPES["router"]
    (problem,) = compose(how, Conversation("Hello"), {}).problems
    assert problem.path == ("model",)


def test_a_picture_model_has_no_conversations():
    endpoint_contract = contract(documents.PAINTER, "lab/llm")
    assert read_shape(Version(endpoint_contract, build(endpoint_contract))) is None


@each_row(
    ("output", "answer"),
    [
        ({"output": "Hi", "partial": True, "error": None}, Answer("Hi")),
        ({"output": "", "error": "no credit"}, Answer(trouble="no credit")),
        ({"choices": [{"message": {"content": "Hi"}}]}, Answer("Hi")),
        ({"choices": [{"message": {"content": None}}]}, Answer()),
        ({"output": ["a", "b"]}, Answer("ab")),
        ("Hi", Answer("Hi")),
        (None, Answer()),
        ([1], Answer()),
    ],
)
def test_the_answer_is_read_from_the_output(output, answer):
    assert parse_answer(output) == answer
