"""Answers questions of `runs` about the boards that show a run in a cell."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db.models import F

from features.boards import decisions, for_record
from features.boards.display import watching
from features.boards.models import Board, Cell, Column, Row
from features.boards.runs.dependants import BoardColumns
from projects.models import InProjectQuerySet
from runs.models import Run
from runs.promises.dependants import Dependants
from runs.promises.keeping import JsonColumn, Keeps, SelectedRows
from runs.promises.places import Place, Places, RunsOfGroup

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    from catalog.models import Endpoint

MOST = 5  # reused results may put a run on any number of boards


class BoardsOwner(Keeps, Places):
    """A cell of a board is an ordinary run; a row's inputs and a column's settings name files."""

    models_of_places = (Cell,)

    def places_of(self, user: User | AnonymousUser, run: Run) -> Sequence[Place]:
        """Return the boards with the run in a cell."""
        return boards_of(user, run)

    def places_among(
        self, user: User | AnonymousUser, run_ids: Collection[uuid.UUID]
    ) -> Mapping[uuid.UUID, Place]:
        """Return the newest board of each run."""
        return newest_boards(user, run_ids)

    def decisions_for(self, user: User | AnonymousUser, endpoint: Endpoint) -> Sequence[Place]:
        """Return the boards for which the model was taken."""
        return decisions.decisions_for(user, endpoint)

    def dependants(self) -> Sequence[Dependants]:
        """Return the columns."""
        return (BoardColumns(),)

    def run_groups(self) -> Mapping[str, RunsOfGroup]:
        """Return the group that a board's page watches."""
        return {watching.GROUP: watching.runs_of}

    def inputs_in_use(self) -> Sequence[JsonColumn]:
        """Return the plans, rows and columns of boards that are not deleted."""
        return (
            JsonColumn(Board.objects.kept(), "plan"),
            JsonColumn(Row.objects.filter(board__deleted_at=None), "values"),
            JsonColumn(Column.objects.filter(board__deleted_at=None), "settings"),
        )

    def kept_runs(self, run_ids: Collection[uuid.UUID]) -> Collection[uuid.UUID]:
        """Return the runs in cells of boards that are not deleted."""
        cells = Cell.objects.filter(run__in=run_ids, board__deleted_at=None)
        return {run_id for run_id in cells.values_list("run_id", flat=True) if run_id}

    def chosen_runs(self, run_ids: Collection[uuid.UUID]) -> Collection[uuid.UUID]:
        """Return the runs that won their row."""
        cells = Cell.objects.filter(run__in=run_ids, replaced_at=None, board__deleted_at=None)
        won = cells.filter(row__mark__winner=F("column"))
        return {run_id for run_id in won.values_list("run_id", flat=True) if run_id}

    def rows_won(self, endpoint_id: int) -> Mapping[int, tuple[int, int]]:
        """Return the decided rows between this model and others."""
        return for_record.rows_won(endpoint_id)

    def goes_along(self, rows: SelectedRows) -> SelectedRows:
        """Return the runs that were made for the cells of moved boards."""
        cells = Cell.objects.filter(board__in=rows.get(Board, ()), is_reused=False)
        return {Run: set(cells.filter(run__isnull=False).values_list("run_id", flat=True))}

    def private_pages(self) -> Mapping[str, InProjectQuerySet[Any]]:
        """Return the boards that are not deleted."""
        return {"board": Board.objects.kept()}


def boards_of(user: User | AnonymousUser, run: Run) -> list[Place]:
    """Return the boards with the run in a cell, oldest first.

    A board of which the user may know only that it exists comes without its title.
    """
    cells = Cell.objects.filter(run=run, replaced_at=None)
    boards = Board.objects.kept().noticed_by(user).filter(pk__in=cells.values("board"))
    listed_boards = boards.order_by("created_at")[:MOST]
    covered = set(boards.covered_to(user).values_list("pk", flat=True))
    return [
        Place("Board", _title(board, is_covered=board.pk in covered), board.get_absolute_url())
        for board in listed_boards
    ]


def newest_boards(
    user: User | AnonymousUser, run_ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, Place]:
    """Return the newest board with each of these runs in a cell that the user may read."""
    cells = Cell.objects.filter(run__in=run_ids, replaced_at=None)
    pairs = list(cells.values_list("run_id", "board_id").distinct())
    boards = Board.objects.kept().open_to(user).in_bulk({board for _, board in pairs})
    places: dict[uuid.UUID, Place] = {}
    for run, board in sorted(
        ((run, boards[key]) for run, key in pairs if run and key in boards),
        key=lambda pair: pair[1].created_at,
    ):
        title = _title(board, is_covered=False)
        places[run] = Place("Board", title, board.get_absolute_url())
    return places


def _title(board: Board, *, is_covered: bool) -> str:
    return "private" if is_covered else board.title or "Untitled"
