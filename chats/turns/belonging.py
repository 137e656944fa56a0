"""Finds the conversation that a run belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chats.models import Chat, Turn
from runs.models import Run
from runs.owners import Place

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User


def chats_of(user: User | AnonymousUser, run: Run) -> list[Place]:
    """Return the conversation with this answer, as a link to its turn.

    Of one that the user may only know to be there, without its title.
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
