"""Writes a turn and its run in one transaction, so that a message is sent exactly once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from catalog.models import Endpoint
from features.chats.models import Chat, Turn
from features.chats.talk import composition, second_model
from features.chats.talk.composition import Composed, Conversation, compose
from features.chats.talk.shape import Shape, shape_of
from features.chats.turns import tree
from runs.models import Run, Transport
from runs.start import starting, transport_choices
from runs.start.starting import Source, StartRequest
from schemas import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence


NOT_A_CHAT = "{} has no field for a conversation, or does not answer in text. Choose another model."
EMPTY = "Write a message first."
IN_PROGRESS = "The answer above is still being written. Stop it, or wait until it is complete."
PROMPT_PLACES = {"prompt", "messages"}


class Refused(ValueError):
    """Nothing was sent; `problems` concern the message (empty path) or the model's fields."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems[0].message)
        self.problems = list(problems)


def send(
    chat: Chat,
    parent: int | None,
    text: str,
    system: str,
    settings: dict[str, Any],
    token: str,
    *,
    beside: dict[str, Any] | None = None,
    left_out: int = 0,
) -> Turn:
    """Send a message after the turn `parent`; repeats with the same token return the same turn.

    With `beside`, the settings of the chat's second model, that model gets the message as well, in
    a turn beside the returned one. The oldest `left_out` turns are not sent. Raises Refused or
    refused_starts.Forbidden; then nothing was sent to either model.
    """
    with transaction.atomic():
        locked = Chat.objects.select_for_update(of=("self",)).select_related(
            "endpoint", "second", "user", "project"
        )
        chat = locked.get(pk=chat.pk)
        # A page restored by Back has an old token: another message from there is another turn.
        message: dict[str, Any] = {
            "text": text, "system": system, "settings": settings, "parent": parent,
        }  # fmt: skip
        if left_out:
            message["left_out"] = left_out
        token = f"{mark(token)}{starting.form_token(token, message)[:40]}"
        if earlier := chat.turns.filter(form_token=token).first():
            return earlier
        if parent is not None and not chat.turns.filter(pk=parent).exists():
            parent = None
        turn = Turn(
            chat=chat, parent_id=parent, endpoint=chat.endpoint, form_token=token, text=text,
            system=system, settings=settings, left_out=left_out,
        )  # fmt: skip
        if beside is not None and chat.second and chat.second_id != chat.endpoint_id:
            turn.beside = _sent_to(chat.second, turn, beside)
        _start(turn)
        _remember(chat, turn)
    return turn


def _sent_to(second: Endpoint, turn: Turn, settings: dict[str, Any]) -> Turn:
    """Return a turn that sends the same message to another model, with its own settings."""
    other = Turn(
        chat=turn.chat, parent_id=turn.parent_id, endpoint=second,
        form_token=f"{turn.form_token}+", text=turn.text, system=turn.system,
        settings=settings,
    )  # fmt: skip
    try:
        _start(other)
    except Refused as refusal:
        raise Refused([_of_second(second, problem) for problem in refusal.problems]) from refusal
    return other


def _of_second(second: Endpoint, problem: Problem) -> Problem:
    """Return a problem at the second model's field, or with its name beside the message."""
    if problem.path:
        return second_model.at_its_field(problem)
    return Problem((), f"{second.name}: {problem.message}")


def _start(turn: Turn) -> None:
    """Write the turn with its run; raises Refused."""
    composed = _composed(turn)
    turn.left_out = composed.left_out
    turn.run = _run(turn, composed)
    turn.save()


def mark(token: str) -> str:
    """Return the common prefix of the tokens of all turns sent from one rendered composer."""
    return f"{token[:22]}."


def again(chat: Chat, turn: Turn, token: str, *, is_shorter: bool = False) -> Turn:
    """Request another answer to a turn's message from the current model, as a version of the turn.

    `is_shorter` leaves out the older half of the turns that the model got last time.
    """
    is_same = turn.endpoint_id == chat.endpoint_id
    settings = turn.settings if is_same else chat.settings
    left_out = turn.left_out
    if is_shorter:
        given_count = len(tree.exchanges(chat, turn.parent_id)) - left_out
        left_out += (given_count + 1) // 2
    return send(
        chat, turn.parent_id, turn.text, turn.system, settings, token,
        left_out=left_out if is_shorter else 0,
    )  # fmt: skip


def _composed(turn: Turn) -> Composed:
    shape, parent = shape_of(turn.endpoint), turn.parent_id
    if shape is None:
        raise Refused([Problem((), NOT_A_CHAT.format(turn.endpoint.name))])
    if turn.endpoint.refusal:
        raise Refused([Problem((), turn.endpoint.refusal)])
    if not turn.text.strip():
        raise Refused([Problem((), EMPTY)])
    # An unconfirmed answer may never end: the conversation continues with what has arrived.
    awaited = Run.objects.unfinished().exclude(state=Run.State.UNCONFIRMED)
    if parent and awaited.filter(turns__pk=parent).exists():
        raise Refused([Problem((), IN_PROGRESS)])
    composed = composition_of(turn, shape)
    if excess := composition.excess(shape, composed, turn.endpoint.name):
        raise Refused([Problem((), excess)])
    if composed.problems:
        raise Refused(_with_message_problems_moved(shape, composed.problems))
    return composed


def composition_of(turn: Turn, shape: Shape) -> Composed:
    """Return the arguments of a turn, whether it is saved or not.

    Leaves out the oldest `turn.left_out` exchanges, as the user has requested.
    """
    earlier = tree.exchanges(turn.chat, turn.parent_id)
    least = min(len(earlier), max(turn.left_out, _left_out_before(turn, shape)))
    composed = compose(shape, Conversation(turn.text, earlier[least:], turn.system), turn.settings)
    return replace(composed, left_out=composed.left_out + least)


def _left_out_before(turn: Turn, shape: Shape) -> int:
    """Return the number of exchanges the previous turn left out, if no schema limit applies."""
    fields = [field for field in (shape.prompt, shape.messages) if field]
    if turn.parent is None or any(field.max_length is not None for field in fields):
        return 0
    return turn.parent.left_out if turn.parent.endpoint_id == turn.endpoint_id else 0


def _with_message_problems_moved(shape: Shape, problems: Sequence[Problem]) -> list[Problem]:
    """Return the problems; those of the prompt or messages fields concern the message."""
    own = {field.name for field in (shape.prompt, shape.messages) if field} | PROMPT_PLACES
    return [
        Problem((), problem.message) if problem.path and problem.path[0] in own else problem
        for problem in problems
    ]


def _run(turn: Turn, composed: Composed) -> Run:
    endpoint, chat = turn.endpoint, {"chat": str(turn.chat_id)}
    offered = {choice.value for choice in transport_choices.offered(endpoint)}
    request = StartRequest(
        user=turn.chat.user,
        endpoint=endpoint,
        arguments=composed.arguments,
        source=Source.CHAT,
        key=starting.form_token(turn.form_token, chat)[:56],
        transport=Transport.STREAM if Transport.STREAM in offered else Transport.QUEUE,
        title=starting.title({"prompt": turn.text}),
        project=turn.chat.project,
        is_hidden=turn.chat.is_hidden,
    )
    return starting.start(request).run


def _remember(chat: Chat, turn: Turn) -> None:
    chat.title = chat.title or starting.title({"prompt": turn.text})
    chat.system, chat.settings, chat.draft = turn.system, turn.settings, {}
    chat.said_at = timezone.now()
    chat.save(update_fields=["title", "system", "settings", "draft", "said_at"])
