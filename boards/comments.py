"""Comments on a board, of users and of guests: written, resolved, deleted, and read as threads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from boards.models import Board, Cell, Comment, Row
from boards.models.comment import MAX_CHARS
from boards.votes.rankings import column_names
from core.formatting import counted
from fal.db_safe import db_safe_text
from notifications import outbox
from notifications.kinds import Kind, register
from people.accounts import audit

if TYPE_CHECKING:
    from boards.participants import Participant

MAX_COMMENTS = 5000  # on one board
MENTIONED = "board_mention"
COMMENTED = "board_comment"
MAX_MENTIONS = 20  # of one comment
_NAME = re.compile(r"(?<![\w@.])@([\w.+@-]{1,150})")


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
        notify(comment)
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


@dataclass(frozen=True)
class Thread:
    """A comment with its answers; `place` says in words what it is about."""

    first: Comment
    place: str
    answers: list[Comment] = field(default_factory=list)

    @property
    def is_resolved(self) -> bool:
        """Whether somebody has marked it as resolved."""
        return self.first.resolved_at is not None


def threads_of(board: Board, *, row: Row | None = None, cell: Cell | None = None) -> list[Thread]:
    """Return the threads of a board, or of one place, in order; open ones first. Two queries.

    A deleted comment stays only as long as it has answers; its text is not shown then.
    """
    comments = board.comments.select_related("user", "resolved_by", "row", "cell")
    if cell is not None:
        comments = comments.filter(cell=cell)
    elif row is not None:
        comments = comments.filter(row=row, cell=None)
    listed = list(comments)
    names = column_names(board.columns.select_related("endpoint")) if listed else {}
    threads = {
        comment.pk: Thread(comment, place_of(comment.row, comment.cell, names))
        for comment in listed
        if comment.parent_id is None
    }
    for comment in listed:
        if comment.parent_id in threads and comment.deleted_at is None:
            threads[comment.parent_id].answers.append(comment)
    kept = [t for t in threads.values() if t.answers or t.first.deleted_at is None]
    return sorted(kept, key=lambda thread: thread.is_resolved)


def place_of(row: Row | None, cell: Cell | None, names: Mapping[int, str]) -> str:
    """Return `Kling 2.1 · a cat`, `Row 2: a cat`, or nothing for the board."""
    if row is None:
        return ""
    label = " ".join(row.label.split())[:80] or "the input"
    name = names.get(cell.column_id, "") if cell else ""
    return f"{name} · {label}" if name else f"Row {row.position + 1}: {label}"


@dataclass(frozen=True)
class Counts:
    """How many comments are kept, by the keys of cells and of rows, and in total."""

    cells: Mapping[int, int]
    rows: Mapping[int, int]
    total: int


def counts_of(board: Board) -> Counts:
    """Count a board's comments by place. One query."""
    places = board.comments.kept().order_by().values_list("row_id", "cell_id")
    numbers = list(places.annotate(number=models.Count("pk")))
    cells = {cell: number for _, cell, number in numbers if cell}
    rows = {row: number for row, cell, number in numbers if row and not cell}
    return Counts(cells, rows, sum(number for *_, number in numbers))


# Notifies of a comment: whom it names by `@name`, whom it answers, and whose board it is on.


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
