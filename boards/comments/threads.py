"""The comments on a board as threads, and how many there are at each place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db import models

from boards.models import Board, Cell, Comment, Row
from boards.votes.rankings import column_names


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
