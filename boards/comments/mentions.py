"""Notifies the members that a comment names by `@name`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.contrib.auth.models import User
from django.urls import reverse

from boards.models import Comment
from notifications import outbox
from notifications.kinds import Kind, register

MENTIONED = "board_mention"
MAX_MENTIONS = 20  # of one comment
_NAME = re.compile(r"(?<![\w@.])@([\w.+@-]{1,150})")


def connect() -> None:
    """Offer the kind in everybody's settings."""
    register(Kind(MENTIONED, "Comments", "somebody has named you in a comment on a board"))


def names_in(text: str) -> list[str]:
    """Return what stands behind each `@` of a text, in lower case, without duplicates."""
    names = (match.rstrip(".+-@").casefold() for match in _NAME.findall(text))
    return [*dict.fromkeys(name for name in names if name)][:MAX_MENTIONS]


def mentioned(comment: Comment) -> list[User]:
    """Return the members that a comment names: by user name, or by a first name that one has.

    Only who sees the board: nobody else learns of it. No query without a mention, else one.
    """
    names = names_in(comment.text)
    if not names:
        return []
    board = comment.board
    members = User.objects.filter(is_active=True)
    if board.project.person_id is not None or board.is_hidden:
        members = members.filter(pk=board.user_id)
    else:
        members = members.filter(memberships__project=board.project)
    listed = list(members.exclude(pk=comment.user_id or 0).order_by("pk"))
    named = {member.pk: member for name in names for member in _called(name, listed)}
    return [*named.values()]


def _called(name: str, members: Iterable[User]) -> list[User]:
    by_username = [member for member in members if member.get_username().casefold() == name]
    by_first_name = [member for member in members if member.first_name.casefold() == name]
    return by_username or (by_first_name if len(by_first_name) == 1 else [])


def notify(comment: Comment) -> None:
    """Notify whom a comment names, in the caller's transaction."""
    path = f"{reverse('boards:board-comments', args=[comment.board_id])}#comment-{comment.pk}"
    for member in mentioned(comment):
        outbox.notify(
            member,
            MENTIONED,
            subject=f"{comment.author} named you on the board “{comment.board}”",
            text=comment.text,
            path=path,
            key=f"board comment {comment.pk}",
        )
