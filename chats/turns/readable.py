"""Which answers of a conversation somebody may read who reads along.

Answers are runs: one may be hidden from the project's members, deleted, or moved elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import F, Q

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    from chats.models import Chat
    from runs.models import Run


def may_read(user: User | AnonymousUser, chat: Chat, run: Run) -> bool:
    """Return whether the user, who sees the conversation, may read this answer of it."""
    if chat.user_id == user.pk:
        return True
    return run.is_shown_with(chat) and run.deleted_at is None


def is_readable(user: User | AnonymousUser) -> Q:
    """Return the same as a condition on turns."""
    is_as_open = Q(run__is_hidden=False) | Q(chat__is_hidden=True, run__user_id=F("chat__user_id"))
    beside = Q(is_as_open, run__project_id=F("chat__project_id"), run__deleted_at=None)
    return Q(chat__user_id=user.pk or 0) | beside
