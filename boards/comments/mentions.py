"""Notifies of a comment: whom it names by `@name`, whom it answers, and whose board it is on."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.urls import reverse

from boards.models import Comment
from notifications import outbox
from notifications.kinds import Kind, register

MENTIONED = "board_mention"
COMMENTED = "board_comment"
MAX_MENTIONS = 20  # of one comment
_NAME = re.compile(r"(?<![\w@.])@([\w.+@-]{1,150})")


def connect() -> None:
    """Offer the kinds in everybody's settings."""
    named = "somebody has named you in a comment on a board"
    register(Kind(MENTIONED, "Named on boards", named, asks=True))
    said = "somebody has commented on your board, or answered you on one"
    register(Kind(COMMENTED, "Comments on boards", said, asks=True))


def names_in(text: str) -> list[str]:
    """Return what stands behind each `@` of a text, in lower case, without duplicates."""
    names = (match.rstrip(".+-@").casefold() for match in _NAME.findall(text))
    return [*dict.fromkeys(name for name in names if name)][:MAX_MENTIONS]


def mentioned(comment: Comment) -> list[User]:
    """Return the members that a comment names: by user name, or by a first name that one has.

    Only who sees the board: nobody else learns of it. No query without a mention, else one.
    """
    names = names_in(comment.text)
    listed = list(_others(comment)) if names else []
    named = {member.pk: member for name in names for member in _called(name, listed)}
    return [*named.values()]


def _others(comment: Comment) -> QuerySet[User]:
    """Return who sees the comment's board, without who wrote it."""
    board = comment.board
    members = User.objects.filter(is_active=True, memberships__project=board.project)
    if board.project.person_id is not None or board.is_hidden:
        members = members.filter(pk=board.user_id)
    return members.exclude(pk=comment.user_id or 0).order_by("pk")


def _called(name: str, members: Iterable[User]) -> list[User]:
    by_username = [member for member in members if member.get_username().casefold() == name]
    by_first_name = [member for member in members if member.first_name.casefold() == name]
    return by_username or (by_first_name if len(by_first_name) == 1 else [])


def notify(comment: Comment) -> None:
    """Notify whom a comment names or answers, and the board's owner, in the transaction."""
    named = mentioned(comment)
    meant = {comment.board.user_id, comment.parent.user_id if comment.parent else None}
    for member in named:
        _tell(member, MENTIONED, "named you", comment)
    for member in _others(comment).filter(pk__in=[pk for pk in meant if pk]):
        if member not in named:
            said = "commented" if member.pk == comment.board.user_id else "answered you"
            _tell(member, COMMENTED, said, comment)


def _tell(member: User, kind: str, what: str, comment: Comment) -> None:
    path = f"{reverse('boards:board-comments', args=[comment.board_id])}#comment-{comment.pk}"
    outbox.notify(
        member,
        kind,
        subject=f"{comment.author} {what} on the board “{comment.board}”",
        text=comment.text,
        path=path,
        key=f"board comment {comment.pk}",
        about=comment.board,
    )
