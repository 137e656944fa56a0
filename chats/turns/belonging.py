"""Finds the conversation that a run belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chats.models import Turn
from runs.models import Run
from runs.owners import Place

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User


def chats_of(user: User | AnonymousUser, run: Run) -> list[Place]:
    """Return the user's conversation with this answer, as a link to its turn."""
    turns = Turn.objects.filter(run=run, chat__user_id=user.pk or 0, chat__deleted_at=None)
    return [
        Place("Chat", turn.chat.title or "Untitled", _address(turn))
        for turn in turns.select_related("chat")[:1]
    ]


def _address(turn: Turn) -> str:
    return f"{turn.chat.get_absolute_url()}?turn={turn.pk}#turn-{turn.pk}"
