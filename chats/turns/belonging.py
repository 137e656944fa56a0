"""Finds the conversation that a run belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chats.models import Chat, Turn
from runs.models import Run
from runs.owners import Place

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User


def chats_of(user: User | AnonymousUser, run: Run) -> list[Place]:
    """Return the conversation with this answer that the user sees, as a link to its turn."""
    turns = Turn.objects.filter(run=run, chat__in=Chat.objects.kept().shown_to(user))
    return [
        Place("Chat", turn.chat.title or "Untitled", _address(turn))
        for turn in turns.select_related("chat")[:1]
    ]


def _address(turn: Turn) -> str:
    return f"{turn.chat.get_absolute_url()}?turn={turn.pk}#turn-{turn.pk}"
