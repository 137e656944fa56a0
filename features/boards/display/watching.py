"""A board's page watches its runs as one group, with one token per reader.

In a shared project each reader has a group: each poll checks that they are still a member.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.db.models import F, Q

from core.http.parameters import parse_key
from features.boards.models import Board, Cell
from runs.progress import watch_tokens

if TYPE_CHECKING:
    from django.db.models import QuerySet

GROUP = "board"  # the kind of run group
VIEW = "tile"


def data_watch(board: Board, member: User) -> str:
    """Return the `data-watch` of the runs beside a board, for a member of its project."""
    if board.project.person_id == member.pk:
        return watch_tokens.data_watch_group(f"{GROUP}.{board.pk}", VIEW, member.pk)
    view = f"{VIEW}{watch_tokens.ONLY}.{member.pk}"
    return watch_tokens.data_watch_group(f"{GROUP}.{board.pk}.{member.pk}", view, member.pk)


def runs_of(key: str) -> list[uuid.UUID]:
    """Return the runs that a page of a board may watch; empty for an invalid key. One query.

    `key` is `<board>` in a private project, `<board>.<member>` in a shared one. Runs of
    other projects are left out: an example may be taken back while the page is open.
    """
    board_id, _, member = key.partition(".")
    try:
        boards = _watched(Board.objects.kept().filter(pk=uuid.UUID(board_id)), member)
    except ValueError:
        return []
    cells = Cell.objects.filter(board__in=boards, replaced_at=None)
    is_as_open = Q(run__is_hidden=False) | Q(
        board__is_hidden=True, run__user_id=F("board__user_id")
    )
    cells_beside = cells.filter(is_as_open, run__project_id=F("board__project_id"))
    return list(cells_beside.values_list("run_id", flat=True))


def _watched(boards: QuerySet[Board], member: str) -> QuerySet[Board]:
    if not member:
        return boards.filter(project__person_id=F("user_id"))
    return boards & Board.objects.shown_to(User(pk=parse_key(member)))
