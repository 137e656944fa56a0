"""Finds conversations by words or by a run in them, and decides which answers users may read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import (
    Case,
    Exists,
    Expression,
    F,
    OuterRef,
    Q,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Concat, Replace

from features.chats.models import Chat, Turn
from features.chats.turns.tree import ANSWER, answer_text
from projects.kept.models import KeptQuerySet
from runs.models import Run
from runs.models.querysets import heavy_columns
from runs.promises.owners import Place

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

MOST_WORDS = 8
AROUND = 70  # characters of context on either side of the found word
# Keys within outputs of language models: stored with the answers, but not searched.
NAMES = (
    "output", "partial", "error", "reasoning", "usage", "prompt_tokens", "completion_tokens",
    "total_tokens", "cost", "choices", "message", "content", "role", "index", "finish_reason",
)  # fmt: skip


@dataclass(frozen=True)
class Hit:
    """The turn that contains the words, with the text around the first word."""

    turn: int
    before: str
    word: str
    after: str


def matching(chats: KeptQuerySet[Any], query: str, user: User | AnonymousUser) -> KeptQuerySet[Any]:
    """Return the conversations with all the words in their title, or in one turn, as `hit`.

    `hit` is the first such turn, None if only the title matches. Without words, return all
    conversations. Only answers that the user may read are searched.
    """
    words = query.split()[:MOST_WORDS]
    if not words:
        return chats
    turns = Turn.objects.filter(chat=OuterRef("pk")).annotate(answered=_answer(words, user))
    title = Q()
    for word in words:
        turns = turns.filter(_has("text", word) | _has("answered", word, is_json=True))
        title &= _has("title", word)
    hit = Subquery(turns.order_by("pk").values("pk")[:1])
    return chats.filter(title | Exists(turns)).annotate(hit=hit)


def _answer(words: Sequence[str], user: User | AnonymousUser) -> Expression:
    """Return the outputs as JSON text, without the keys that contain one of the words.

    Outputs that the user may not read are empty.
    """
    no_text = Value("", output_field=TextField())
    parts = [Coalesce(Cast(f"run__{name}", TextField()), no_text) for name in ("output", "partial")]
    text: Expression = Concat(*parts, output_field=TextField())
    for name in NAMES:
        if any(word.casefold() in name for word in words):
            text = Replace(text, Value(f'"{name}":'), no_text, output_field=TextField())
    return Case(When(is_readable(user), then=text), default=no_text)


def _has(place: str, word: str, *, is_json: bool = False) -> Q:
    """Whether a text contains a word; non-ASCII letters match in the usual capitalizations."""
    forms = {word, word.lower(), word.upper(), word.capitalize()} if not word.isascii() else {word}
    condition = Q()
    for form in forms:
        condition |= Q(**{f"{place}__icontains": json.dumps(form)[1:-1] if is_json else form})
    return condition


def hits(chats: Iterable[Chat], query: str, user: User | AnonymousUser) -> dict[object, Hit]:
    """Return where the words occur in these conversations of `matching`, by the chat's key."""
    words = query.split()[:MOST_WORDS]
    turns = Turn.objects.select_related("run").defer(*heavy_columns("run__", but=ANSWER))
    hit_in = {pk: chat for chat in chats if (pk := getattr(chat, "hit", None))}
    return {
        turn.chat_id: _hit(turn, words, _answer_for(user, hit_in[turn.pk], turn))
        for turn in turns.filter(pk__in=hit_in)
    }


def _answer_for(user: User | AnonymousUser, chat: Chat, turn: Turn) -> str:
    is_shown = turn.run is not None and may_read(user, chat, turn.run)
    return answer_text(turn) if is_shown else ""


def _hit(turn: Turn, words: Sequence[str], answer: str) -> Hit:
    texts = [turn.text, answer]
    for text in texts:
        lower = text.lower()
        if len(lower) == len(text) and (at := lower.find(words[0].lower())) >= 0:
            end = at + len(words[0])
            before, after = text[max(0, at - AROUND) : at], text[end : end + AROUND]
            return Hit(turn.pk, before, text[at:end], after)
    return Hit(turn.pk, texts[0][: 2 * AROUND], "", "")


# Answers are runs: one may be hidden from the project's members, deleted, or moved elsewhere. So
# members who read along may not read every answer.


def may_read(user: User | AnonymousUser, chat: Chat, run: Run) -> bool:
    """Return True if the user, who sees the conversation, may read this answer."""
    if chat.user_id == user.pk:
        return True
    return run.is_shown_with(chat) and run.deleted_at is None


def is_readable(user: User | AnonymousUser) -> Q:
    """Return `may_read` as a condition on turns."""
    is_as_open = Q(run__is_hidden=False) | Q(chat__is_hidden=True, run__user_id=F("chat__user_id"))
    is_open_beside = Q(is_as_open, run__project_id=F("chat__project_id"), run__deleted_at=None)
    return Q(chat__user_id=user.pk or 0) | is_open_beside


def chats_of(user: User | AnonymousUser, run: Run) -> list[Place]:
    """Return the conversation with this answer, as a link to its turn.

    Without its title if the user may know of it but not read it.
    """
    chats = Chat.objects.kept().noticed_by(user)
    turns = Turn.objects.filter(run=run, chat__in=chats).select_related("chat")[:1]
    covered = set(chats.covered_to(user).filter(turns__run=run).values_list("pk", flat=True))
    return [
        Place("Chat", _title(turn.chat, is_covered=turn.chat_id in covered), _address(turn))
        for turn in turns
    ]


def _title(chat: Chat, *, is_covered: bool) -> str:
    return "private" if is_covered else chat.title or "Untitled"


def _address(turn: Turn) -> str:
    return f"{turn.chat.get_absolute_url()}?turn={turn.pk}#turn-{turn.pk}"
