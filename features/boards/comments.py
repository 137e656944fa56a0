"""Comments on a board: writing, deleting and reading threads, and notifications about them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models import QuerySet
from django.urls import reverse

from accounts.audit import trail
from features.boards.access import members_who_see
from features.boards.models import Board, Cell, Comment, Row
from features.boards.votes.rankings import column_names
from features.notifications import outbox
from features.notifications.kinds import Kind, register
from projects.kept.voices import comment as voices
from projects.kept.voices import forms
from projects.kept.voices.forms import CommentField, mentioned_in

if TYPE_CHECKING:
    from projects.kept.voices.participant import Participant

MENTIONED = "board_mention"
COMMENTED = "board_comment"
KEY = "board comment {}"  # of the notifications about a comment


class CommentForm(forms.CommentForm):
    """A comment on a board, or an answer to one."""

    text = CommentField()


@transaction.atomic
def say(
    author: Participant,
    board: Board,
    text: str,
    *,
    row: Row | None = None,
    cell: Cell | None = None,
    parent: Comment | None = None,
) -> Comment:
    """Write a comment on a cell, a row, or the board, or an answer to another comment.

    The caller has checked the author's right and tidied the text. An answer reopens its thread.
    Raises Refused.
    """
    board.comments.all().require_room()
    if parent is not None:
        parent = parent.first
        row, cell = parent.row, parent.cell
        parent.set_resolved(False)
    comment = Comment.objects.create(
        board=board,
        row=cell.row if cell else row,
        cell=cell,
        parent=parent,
        text=text,
        **author.fields(),
    )
    notify(comment)
    return comment


@transaction.atomic
def delete(author: Participant, comment: Comment) -> None:
    """Delete a comment of the author's or another's; it can be restored for an hour."""
    is_own = comment.is_by(author)
    comment.take_back(is_removed=not is_own)
    outbox.tell_anew(KEY.format(comment.pk), "")
    if not is_own:
        trail.record(author.user, "deleted a comment on", [comment.board])


@transaction.atomic
def bring_back(comment: Comment, *, may_remove: bool) -> None:
    """Undo a deletion within an hour, also in notifications about it. Raises Refused."""
    comment.bring_back(may_remove=may_remove)
    outbox.tell_anew(KEY.format(comment.pk), comment.text)


@dataclass(frozen=True)
class Thread(voices.Thread[Comment]):
    """A comment with its answers; `place` says in words what it is about."""

    place: str = ""


def threads_of(board: Board, *, row: Row | None = None, cell: Cell | None = None) -> list[Thread]:
    """Return the threads of a board, or of one place, in order; open ones first. Two queries."""
    comments = board.comments.select_related("user", "resolved_by", "row", "cell")
    if cell is not None:
        comments = comments.filter(cell=cell)
    elif row is not None:
        comments = comments.filter(row=row, cell=None)
    open_threads = voices.threads_of(comments)
    names = column_names(board.columns.named()) if open_threads else {}
    threads = [
        Thread(thread.first, thread.answers, place_of(thread.first.row, thread.first.cell, names))
        for thread in open_threads
    ]
    return sorted(threads, key=lambda thread: thread.is_resolved)


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


# Notifications: to users named by `@name`, to the thread's author and to the board's owner.


def connect() -> None:
    """Register both kinds of notifications, so that everybody's settings list them."""
    mention_text = "somebody has mentioned you in a comment on a board"
    register(Kind(MENTIONED, "Mentions on boards", mention_text, asks=True))
    description = "somebody has commented on your board, or answered your comment on a board"
    register(Kind(COMMENTED, "Comments on boards", description, asks=True))


def names_of(members: QuerySet[User]) -> dict[str, User]:
    """Return the members that a comment may name, by user name and by unique first name."""
    all_members = list(members)
    first_names = Counter(member.first_name.casefold() for member in all_members)
    by_first_name = {
        member.first_name: member
        for member in all_members
        if member.first_name and first_names[member.first_name.casefold()] == 1
    }
    return by_first_name | {member.get_username(): member for member in all_members}


def _others(comment: Comment) -> QuerySet[User]:
    """Return the members who see the board, except the comment's author; only they are notified."""
    return members_who_see(comment.board).exclude(pk=comment.user_id or 0)


def notify(comment: Comment) -> None:
    """Notify the named members, the thread's author and the board's owner, in the transaction."""
    other_members = _others(comment)
    mentioned = mentioned_in(comment.text, names_of(other_members)) if "@" in comment.text else []
    participant_pks = {comment.board.user_id, comment.first.user_id}
    for member in mentioned:
        _tell(member, MENTIONED, "mentioned you", comment)
    for member in other_members.filter(pk__in=[pk for pk in participant_pks if pk]):
        if member not in mentioned:
            action = "commented" if member.pk == comment.board.user_id else "answered you"
            _tell(member, COMMENTED, action, comment)


def _tell(member: User, kind: str, action: str, comment: Comment) -> None:
    path = f"{reverse('boards:board-comments', args=[comment.board_id])}#comment-{comment.pk}"
    outbox.notify(
        member,
        kind,
        subject=f"{comment.author} {action} on the board “{comment.board}”",
        text=comment.text,
        path=path,
        key=KEY.format(comment.pk),
        about=comment.board,
    )
