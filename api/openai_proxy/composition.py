"""Composes the arguments of a call: the new message with the conversation before it.

A model with `messages` gets the earlier turns as messages. Any other gets them folded into its
prompt in this plain form; a first message is sent unchanged:

  Conversation so far:

  User: …

  Assistant: …

  Answer the next message.

  User: …

  Assistant:

If all of it is longer than the prompt may be, the oldest turns are left out. Without a field for
it, the system prompt is sent as the first message, or before the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from api.openai_proxy.shape import Shape
from schemas import Problem

MOST_CHARS = 400_000  # of a prompt without a limit in the schema
MOST_MESSAGES = 400
BETWEEN = "\n\n"
BEGIN, END = "Conversation so far:", "Answer the next message."
PERSON, MODEL = "User", "Assistant"


class Exchange(NamedTuple):
    """A message and its answer; a greeting or second answer has no message before it."""

    message: str
    answer: str


@dataclass(frozen=True)
class Conversation:
    """What a model has to answer: `text`, after the `earlier` exchanges."""

    text: str
    earlier: Sequence[Exchange] = ()
    system: str = ""


@dataclass(frozen=True)
class Composed:
    """The arguments of a call, the number of oldest exchanges that they leave out, and problems."""

    arguments: dict[str, Any]
    left_out: int = 0
    problems: list[Problem] = field(default_factory=list)


def compose(shape: Shape, talk: Conversation, settings: dict[str, Any]) -> Composed:
    """Return the arguments for `talk`; `settings` are the model's other arguments."""
    if shape.kind == "prompt":
        return _folded(shape, talk, settings)
    tried = [
        _checked(shape, arguments, left_out)
        for arguments, left_out in _with_messages(shape, talk, settings)
    ]
    return next((candidate for candidate in tried if not candidate.problems), tried[0])


def _checked(shape: Shape, arguments: dict[str, Any], left_out: int) -> Composed:
    version = shape.version
    return Composed(arguments, left_out, version.problems(arguments))


def _folded(shape: Shape, talk: Conversation, settings: dict[str, Any]) -> Composed:
    prompt = shape.prompt
    if prompt is None:
        return _checked(shape, settings, 0)
    arguments, lead = dict(settings), ""
    if talk.system and shape.system:
        arguments[shape.system.name] = talk.system
    elif talk.system:
        lead = f"{talk.system}\n\n"
    text, left_out = fold(talk, lead, prompt.max_length or MOST_CHARS)
    arguments[prompt.name] = text
    return _checked(shape, arguments, left_out)


def fold(talk: Conversation, lead: str, most: int) -> tuple[str, int]:
    """Return a prompt of at most `most` characters, and the number of exchanges left out.

    The prompt is longer only if the message alone is.
    """
    length = len(lead) + len(_transcript([], talk.text))
    count = 0
    for exchange in reversed(talk.earlier):
        length += sum(len(line) + len(BETWEEN) for line in _lines(exchange))
        if length > most:
            break
        count += 1
    left_out = len(talk.earlier) - count
    if not count:
        return lead + talk.text, left_out
    return lead + _transcript(talk.earlier[left_out:], talk.text), left_out


def _transcript(earlier: Sequence[Exchange], text: str) -> str:
    lines = [line for exchange in earlier for line in _lines(exchange)]
    return BETWEEN.join([BEGIN, *lines, END, f"{PERSON}: {text}", f"{MODEL}:"])


def _lines(exchange: Exchange) -> list[str]:
    lines = [f"{PERSON}: {exchange.message}"] if exchange.message else []
    return [*lines, f"{MODEL}: {exchange.answer}"]


def _with_messages(
    shape: Shape, talk: Conversation, settings: dict[str, Any]
) -> Iterator[tuple[dict[str, Any], int]]:
    """Yield the arguments in each form that message schemas use, the usual one first."""
    earlier = talk.earlier[-MOST_MESSAGES:]
    most = shape.messages.max_length if shape.messages else None
    has_own_prompt = shape.prompt is not None and shape.prompt.is_required
    system = [] if shape.system or not talk.system else [("system", talk.system)]
    new = [] if has_own_prompt else [("user", talk.text)]
    if most is not None:
        room = max(0, most - len(system) - len(new))
        earlier = earlier[len(earlier) - min(len(earlier), room // 2) :]
    history = [turn for pair in earlier for turn in _turns(pair)]
    base = dict(settings)
    if shape.system and talk.system:
        base[shape.system.name] = talk.system
    if shape.prompt is not None and has_own_prompt:
        base[shape.prompt.name] = talk.text
    name = shape.messages.name if shape.messages else "messages"
    left_out = len(talk.earlier) - len(earlier)
    for form in (_plain, _in_parts):
        yield base | {name: [form(*message) for message in (*system, *history, *new)]}, left_out
    if system:  # for a schema whose only roles are user and assistant
        turns = history + new
        if turns and turns[0][0] == "user":
            turns = [("user", f"{talk.system}\n\n{turns[0][1]}"), *turns[1:]]
        else:
            turns = [("user", talk.system), *turns]
        yield base | {name: [_plain(*turn) for turn in turns]}, left_out


def _turns(pair: Exchange) -> list[tuple[str, str]]:
    turns = [("user", pair.message)] if pair.message else []
    return [*turns, ("assistant", pair.answer)]


def _plain(role: str, text: str) -> dict[str, Any]:
    return {"role": role, "content": text}


def _in_parts(role: str, text: str) -> dict[str, Any]:
    return {"role": role, "content": [{"type": "text", "text": text}]}
