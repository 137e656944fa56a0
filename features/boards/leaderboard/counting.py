"""Counts a board's judgements into its tallies, which the leaderboard reads instead.

Blind votes and row winners become comparisons of two models. A column is a model with settings, so
a comparison of two columns of one model does not count. A row's winner beats each other column that
has a result in the row. Stars and pass or fail are not comparisons.

"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from features.boards.models import Board, BoardTally, Cell, Column, RowMark, Tally, Vote
from runs.costs import known_costs
from runs.models import Run
from runs.models.querysets import heavy_columns

MOST_RESULTS = 100  # per model and board: the newest, whose prices and times are kept
COLUMNS = ("first_id", "second_id", "tag", "first_wins", "second_wins", "ties", "by_guests")

Figures = dict[str, list[list[Any]]]
AT_ONCE = 50  # boards per round
IDLE_S = 60.0
# Counts also change without a judgement: results arrive after a row's winner was chosen, are
# deleted, moved, or taken back as examples. Therefore each board is recounted regularly.
RECOUNT_AFTER = timedelta(minutes=15)


class Comparison(NamedTuple):
    """Two columns compared; `is_won` is True if the first is better, None if neither is."""

    first: int
    second: int
    is_won: bool | None
    tags: Collection[str]
    at: datetime
    is_by_guest: bool = False


class Pair(NamedTuple):
    """Two models, the one with the smaller key first, and a tag; empty: all comparisons."""

    first: int
    second: int
    tag: str


@dataclass
class Count:
    """The comparisons of a pair."""

    last_at: datetime
    first_wins: int = 0
    second_wins: int = 0
    ties: int = 0
    by_guests: int = 0

    def add(self, is_won: bool | None, at: datetime, *, is_by_guest: bool) -> None:
        """Count one more."""
        if is_won is None:
            self.ties += 1
        elif is_won:
            self.first_wins += 1
        else:
            self.second_wins += 1
        self.by_guests += is_by_guest
        self.last_at = max(self.last_at, at)


def comparisons_of_winner(
    winner: int, columns: Iterable[int], tags: Collection[str], at: datetime
) -> list[Comparison]:
    """Compare a row's winner with each other column; all these columns have results."""
    with_result = set(columns)
    if winner not in with_result:
        return []
    return [
        Comparison(winner, other, is_won=True, tags=tags, at=at)
        for other in sorted(with_result - {winner})
    ]


def count_comparisons(
    comparisons: Iterable[Comparison], model_of: Mapping[int, int]
) -> dict[Pair, Count]:
    """Count the comparisons by pairs of models; `model_of` maps columns to models.

    Each comparison counts once without a tag, and once for each of its tags.
    """
    counts: dict[Pair, Count] = {}
    for compared in comparisons:
        first, second = model_of[compared.first], model_of[compared.second]
        if first == second:
            continue
        is_won = compared.is_won
        if first > second:
            first, second = second, first
            is_won = None if is_won is None else not is_won
        for tag in {"", *compared.tags}:
            of_pair = counts.setdefault(Pair(first, second, tag), Count(compared.at))
            of_pair.add(is_won, compared.at, is_by_guest=compared.is_by_guest)
    return counts


def never_counted() -> list[uuid.UUID]:
    """Return the boards with judgements but without a tally: they are older than tallies."""
    votes = Vote.objects.counted().filter(board=OuterRef("pk"))
    winners = RowMark.objects.filter(row__board=OuterRef("pk"), winner__isnull=False)
    boards = Board.objects.filter(Q(Exists(votes)) | Q(Exists(winners)), tally=None)
    return list(boards.order_by().values_list("pk", flat=True))


def recount(board_id: uuid.UUID) -> bool:
    """Recount a board's judgements; returns whether that changed its tallies.

    Votes cast meanwhile wait for the lock on the tally's row, and make it due again.
    """
    with transaction.atomic():
        tally = (
            BoardTally.objects.select_for_update(of=("self",))
            .select_related("board")
            .filter(pk=board_id)
            .first()
        )
        if tally is None:
            return False
        cells = _cells(tally.board)
        counts = _counts(tally.board, cells)
        figures = _figures(cells) if counts else {}
        is_changed = _store(tally.board, counts) or figures != tally.figures
        tally.counted, tally.counted_at = tally.changes, timezone.now()
        tally.figures, tally.version = figures, tally.version + is_changed
        tally.save(update_fields=["counted", "counted_at", "figures", "version"])
    return is_changed


def _store(board: Board, counts: dict[Pair, Count]) -> bool:
    """Write the tallies of a board if they have changed; returns whether they have."""
    rows = [
        Tally(
            board=board,
            first_id=pair.first,
            second_id=pair.second,
            tag=pair.tag,
            first_wins=of_pair.first_wins,
            second_wins=of_pair.second_wins,
            ties=of_pair.ties,
            by_guests=of_pair.by_guests,
            last_at=of_pair.last_at,
        )
        for pair, of_pair in counts.items()
    ]
    names = (*COLUMNS, "last_at")
    former = set(board.tallies.values_list(*names))
    if former == {tuple(getattr(row, name) for name in names) for row in rows}:
        return False
    board.tallies.all().delete()
    Tally.objects.bulk_create(rows)
    return True


class _Cell:
    """A cell for counting: whether its run is withheld, and its result if it has one."""

    def __init__(self, cell: Cell, *, is_withheld: bool) -> None:
        run = cell.run
        is_done = run is not None and run.state == Run.State.SUCCEEDED and run.deleted_at is None
        is_current = cell.replaced_at is None
        self.cell, self.is_withheld = cell, is_withheld
        self.result = run if is_done and is_current and not is_withheld else None


def _cells(board: Board) -> list[_Cell]:
    """Return all cells of the board, also replaced ones: votes on them still count."""
    cells = list(board.cells.select_related("run__charge", "column").defer(*heavy_columns("run__")))
    withheld = Run.objects.withheld_with(board, [cell.run for cell in cells if cell.run])
    return [_Cell(cell, is_withheld=cell.run_id in withheld) for cell in cells]


def _counts(board: Board, cells: Sequence[_Cell]) -> dict[Pair, Count]:
    marks = RowMark.objects.filter(row__board=board)
    rows = {
        row: (winner, tags, at)
        for row, winner, tags, at in marks.values_list("row_id", "winner_id", "tags", "changed_at")
    }
    columns: dict[int, set[int]] = defaultdict(set)  # of each row: those with a result
    for judged in cells:
        if judged.result:
            columns[judged.cell.row_id].add(judged.cell.column_id)
    comparisons = list(_votes(board, cells, {row: tags for row, (_, tags, _) in rows.items()}))
    for row, (winner, tags, at) in rows.items():
        if winner is not None:
            comparisons += comparisons_of_winner(winner, columns[row], tags, at)
    models = dict(Column.objects.filter(board=board).values_list("pk", "endpoint_id"))
    return count_comparisons(comparisons, models)


def _votes(
    board: Board, cells: Sequence[_Cell], tags: dict[int, list[str]]
) -> Iterable[Comparison]:
    """Yield the votes that count, except those on a result that is no longer shared."""
    visible_cells = {judged.cell.pk: judged.cell for judged in cells if not judged.is_withheld}
    votes = board.votes.counted()
    for first, second, winner, voter, at in votes.values_list(
        "first_id", "second_id", "winner_id", "voter_id", "created_at"
    ):
        if first not in visible_cells or second not in visible_cells:
            continue
        yield Comparison(
            visible_cells[first].column_id,
            visible_cells[second].column_id,
            is_won=None if winner is None else winner == first,
            tags=tags.get(visible_cells[first].row_id, ()),
            at=at,
            is_by_guest=voter is None,
        )


def _figures(cells: Sequence[_Cell]) -> Figures:
    """Return cost and seconds of the newest results, by the key of their model."""
    figures: Figures = defaultdict(list)
    with_result = [judged for judged in cells if judged.result]
    with_result.sort(key=lambda judged: judged.cell.pk, reverse=True)
    for judged in with_result:
        run, of_model = judged.result, figures[str(judged.cell.column.endpoint_id)]
        if run and len(of_model) < MOST_RESULTS:
            of_model.append([_cost(run), _seconds(run)])
    return dict(figures)


def _cost(run: Run) -> str | None:
    figure = known_costs.paid(run)
    return f"{figure.amount.normalize():f}" if figure else None


def _seconds(run: Run) -> float | None:
    if run.ended_at is None:
        return None
    return round((run.ended_at - (run.sent_at or run.created_at)).total_seconds(), 3)


def count_due() -> float:
    """Count the due boards; returns the seconds until the next time. One query if none is due."""
    due_boards = list(BoardTally.objects.due().values_list("pk", flat=True)[:AT_ONCE])
    for board_id in due_boards:
        recount(board_id)
    return 0.0 if len(due_boards) == AT_ONCE else IDLE_S


def count_all_in_turn() -> float:
    """Count boards that were counted long ago or never; returns the seconds until the next time."""
    for board_id in never_counted():
        BoardTally.objects.judged(board_id)
    old = BoardTally.objects.filter(counted_at__lt=timezone.now() - RECOUNT_AFTER)
    board_pks = list(old.order_by("counted_at").values_list("pk", flat=True)[:AT_ONCE])
    for board_id in board_pks:
        recount(board_id)
    return IDLE_S
