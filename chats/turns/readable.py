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
    return run.project_id == chat.project_id and not run.is_hidden and run.deleted_at is None


def is_readable(user: User | AnonymousUser) -> Q:
    """Return the same as a condition on turns."""
    beside = Q(run__project_id=F("chat__project_id"), run__is_hidden=False, run__deleted_at=None)
    return Q(chat__user_id=user.pk or 0) | beside
