"""Writes, resolves, deletes and restores comments on a board, of users and of guests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from accounts import audit
from boards.comments import mentions
from boards.models import Board, Cell, Comment, Row
from boards.models.comment import MAX_CHARS
from core.formatting import counted
from fal.db_safe import db_safe_text

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from boards.participants import Participant

MAX_COMMENTS = 5000  # on one board


def write(
    author: Participant,
    board: Board,
    text: str,
    *,
    row: Row | None = None,
    cell: Cell | None = None,
    parent: Comment | None = None,
) -> Comment:
    """Write a comment on a cell, a row, or the board, or an answer to another comment.

    The caller has decided that the author may. Raises ValueError with a sentence for the field.
    """
    said = db_safe_text(text.replace("\r\n", "\n")).strip()
    if not said:
        raise ValueError("Write something first.")
    if len(said) > MAX_CHARS:
        over = counted(len(said) - MAX_CHARS, "character")
        raise ValueError(f"A comment has up to {MAX_CHARS:,} characters; this is {over} too long.")
    if board.comments.count() >= MAX_COMMENTS:
        raise ValueError(f"A board takes up to {MAX_COMMENTS:,} comments.")
    thread = (parent.parent or parent) if parent else None
    if thread:
        row, cell = thread.row, thread.cell
    with transaction.atomic():
        comment = Comment.objects.create(
            board=board, row=cell.row if cell else row, cell=cell, parent=thread, text=said,
            **author.fields("user"),
        )  # fmt: skip
        if thread:  # an answer opens the thread again
            Comment.objects.filter(pk=thread.pk).update(resolved_at=None, resolved_by=None)
        mentions.notify(comment)
    return comment


def is_by(author: Participant, comment: Comment) -> bool:
    """Whether the participant has written the comment."""
    if author.user is None:
        return bool(author.guest_key) and comment.guest == author.guest_key
    return comment.user_id == author.user.pk


def resolve(user: User, comment: Comment, *, is_resolved: bool) -> None:
    """Mark a thread as resolved, or as open again."""
    now = timezone.now() if is_resolved else None
    threads = Comment.objects.filter(pk=comment.parent_id or comment.pk)
    threads.update(resolved_at=now, resolved_by=user if is_resolved else None)


def delete(author: Participant, comment: Comment) -> None:
    """Delete a comment; its answers stay. `restore` undoes it."""
    with transaction.atomic():
        Comment.objects.filter(pk=comment.pk).update(deleted_at=timezone.now())
        if not is_by(author, comment):
            audit.record(author.user, "deleted a comment on", [comment.board])


def restore(comment: Comment) -> None:
    """Undo the deletion of a comment."""
    Comment.objects.filter(pk=comment.pk).update(deleted_at=None)
