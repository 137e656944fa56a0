"""The close view of a board: up to six results beside each other, mostly of one row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from django.contrib.sessions.backends.base import SessionBase
from django.db.models import Case, Q, TextChoices, When
from django.http import QueryDict
from django.urls import reverse

from catalog.filters.operations import operations_of
from core.http.parameters import parse_key
from features.boards.display import cell_queries
from features.boards.display.ballot import MAX_INPUTS, BlindFile, input_addresses
from features.boards.models import Board, Cell, Mark, Row, RowMark
from features.boards.models.vote import IN_ONE_VIEW, MAX_STARS
from features.boards.plan.input_files import known_files
from features.boards.runs.visibility import withhold_unreadable
from features.boards.votes.rankings import Ranking, name_of
from playground.display.comparison import Pane, panes_of
from playground.display.renderers import ArtifactView, artifacts_with_urls
from runs.models import Run
from runs.models.querysets import heavy_columns

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LEAST, MOST = 2, IN_ONE_VIEW
UPSCALING = {"upscale", "upscale-a-film"}
MOST_ROWS = 50  # of a report
_JUDGED_BY = "judged_by"  # session key


class Scale(TextChoices):
    """What a page of results is judged by; its keys are explained below the results."""

    WINS = "wins", "Which one wins"
    STARS = "stars", "Stars"
    VERDICT = "verdict", "Pass or fail"
    NOTES = "notes", "Notes and tags"

    @property
    def keys(self) -> str:
        """Return its keys in words."""
        return {
            Scale.WINS: "W makes it win",
            Scale.STARS: "1 to 5 give it stars",
            Scale.VERDICT: "P passes it, X fails it",
            Scale.NOTES: "C comments",
        }[self]


def scale_of(session: SessionBase, query: QueryDict) -> Scale:
    """Return the scale that the session judges by; `?scale=` changes it for the session."""
    scale = query.get("scale", "")
    if scale in Scale.values and scale != session.get(_JUDGED_BY, Scale.WINS):
        session[_JUDGED_BY] = scale
    return Scale(session.get(_JUDGED_BY, Scale.WINS))


@dataclass(frozen=True)
class Round:
    """The results judged together; `row` is None for results of several rows.

    `here`, `before` and `after` are addresses, the last two empty at the ends.
    """

    cells: Sequence[Cell]
    panes: Sequence[Pane]
    row: Row | None
    here: str
    number: int = 1
    rows: int = 1
    before: str = ""
    after: str = ""
    others: Sequence[tuple[int, str]] = ()
    stars = range(1, MAX_STARS + 1)
    verdicts = ((Mark.Verdict.PASS, "p"), (Mark.Verdict.FAIL, "x"))

    @property
    def ended(self) -> int:
        """Return how many of its runs have ended."""
        return sum(cell.run is not None and cell.run.state in Run.FINAL for cell in self.cells)

    @property
    def is_over(self) -> bool:
        """Whether no result is missing any more."""
        return self.ended == len(self.cells)

    @property
    def is_upscaled(self) -> bool:
        """Whether its models make what they are given larger, so that it is judged by it."""
        models = (cell.column.endpoint for cell in self.cells)
        return any(UPSCALING & {*operations_of(model)} for model in models)

    @property
    def judged(self) -> list[tuple[Pane, Cell, bool]]:
        """Return each pane with its cell, and whether it wins its row."""
        wins = [_winner(cell.row) == cell.column_id for cell in self.cells]
        return list(zip(self.panes, self.cells, wins, strict=True))

    @property
    def is_met(self) -> bool:
        """Whether the winner was chosen among all of these results; old marks do not tell."""
        mark: RowMark | None = getattr(self.row, "mark", None)
        return not (mark and mark.met) or {cell.pk for cell in self.cells} <= {*mark.met}


def round_of(board: Board, query: QueryDict) -> Round | None:
    """Return the results that the query asks for; None if there is nothing to judge.

    `?cell=1&cell=2` names cells; `?row=3&from=4` those of a row, from the fourth on. Without
    either, return the first row that has no winner.
    """
    cells = _cells(board, query.getlist("cell"))
    if len(cells) >= LEAST:
        keys = "&".join(f"cell={cell.pk}" for cell in cells)
        is_one_row = len({cell.row_id for cell in cells}) == 1
        page_address = f"{_address(board)}?{keys}"
        return Round(cells, _panes(cells), cells[0].row if is_one_row else None, page_address)
    rows = [pk for pk, _ in cell_queries.row_labels(board)]
    row = parse_key(query.get("row", ""))
    if row not in rows:
        won = RowMark.objects.decided().filter(row__board=board)
        won_keys = set(won.values_list("row_id", flat=True))
        row = next((pk for pk in rows if pk not in won_keys), rows[0] if rows else None)
    return _of_row(board, rows, row, parse_key(query.get("from", "")) or 0) if row else None


def inputs_of(row: Row, user: User) -> list[BlindFile]:
    """Return the pictures and films among a row's values that are stored here, for the user."""
    addresses = input_addresses(row.values)[:MAX_INPUTS]
    known = known_files(addresses, user, row.board.project, ()) if addresses else {}
    return [
        BlindFile(file.kind, address)
        for address, file in known.items()
        if file.kind in {"image", "video"} and not file.refusal
    ]


def report_panes(board: Board, ranking: Ranking) -> list[Pane]:
    """Return a row's results for the report: the chosen model's, or the winner's, then its rivals'.

    It is the first row that the chosen one won, or just the first row.
    """
    columns = [ranked.column for ranked in ranking.columns]
    first = board.taken_id or (ranking.best.column.pk if columns else None)
    columns.sort(key=lambda column: column.pk != first)
    won = Q(mark__winner=columns[0].pk) if columns else Q()
    row = board.rows.order_by(Case(When(won, then=0), default=1), "position").first()
    cells = board.cells.filter(row=row, replaced_at=None, run__state=Run.State.SUCCEEDED)
    cell_of = dict(cells.order_by("-pk").values_list("column_id", "pk"))
    keys = [cell_of[column.pk] for column in columns if column.pk in cell_of]
    shown = _cells(board, keys)
    return _panes(shown) if shown else []


class ReportRow(NamedTuple):
    """A row of the report: its words, and each result's model, file and whether it won."""

    row: Row
    results: list[tuple[str, Run, ArtifactView | None, bool]]


def report_rows(board: Board) -> list[ReportRow]:
    """Return the first rows with their finished results, for small pictures. Three queries."""
    cells = list(
        board.cells.filter(replaced_at=None, run__state=Run.State.SUCCEEDED, run__deleted_at=None)
        .filter(row__position__lt=MOST_ROWS)
        .select_related("run", "row__mark", "column__endpoint")
        .prefetch_related("run__artifacts")
        .defer(*heavy_columns("run__"))
        .order_by("row__position", "column__position", "pk")
    )
    withhold_unreadable(board, cells)
    rows: dict[int, ReportRow] = {}
    for cell in cells:
        if cell.run is None:
            continue
        run = _run(cell)
        first = next(iter(artifacts_with_urls(run)), None)
        row = rows.setdefault(cell.row_id, ReportRow(cell.row, []))
        is_winner = _winner(cell.row) == cell.column_id
        row.results.append((name_of(cell.column), run, first, is_winner))
    return [*rows.values()]


def _of_row(board: Board, rows: Sequence[int], row: int, first: int) -> Round | None:
    visible_cells = board.cells.filter(row=row, replaced_at=None, run__deleted_at=None)
    row_cells = list(
        visible_cells.exclude(run=None)
        .order_by("column__position", "pk")
        .select_related("column__endpoint")
    )
    keys = [cell.pk for cell in row_cells]
    # A wide row goes by knock-out: the winner so far stands beside the next ones.
    starts = [0, *range(MOST, len(keys), MOST - 1)]
    page = max(number for number, start in enumerate(starts) if start <= max(first, 0))
    if first >= len(keys):
        page = 0
    first = starts[page]
    new_keys = keys[first : first + MOST - 1] if first else keys[:MOST]
    winner = RowMark.objects.filter(row=row).values_list("winner", flat=True).first()
    best = [cell.pk for cell in row_cells[:first] if cell.column_id == winner][:1]
    cells = _cells(board, [*best, *new_keys])
    if not cells:
        return None
    place, address = rows.index(row), f"{_address(board)}?row="
    before = f"{row}&from={starts[page - 1]}" if page else next(iter(rows[:place][-1:]), "")
    is_last = page + 1 == len(starts)
    after = next(iter(rows[place + 1 :]), "") if is_last else f"{row}&from={starts[page + 1]}"
    return Round(
        cells,
        _panes(cells),
        cells[0].row,
        f"{address}{row}&from={first}",
        place + 1,
        max(len(rows), len(starts)),
        f"{address}{before}" if before else "",
        f"{address}{after}" if after else "",
        [(cell.pk, name_of(cell.column)) for cell in row_cells] if len(keys) > MOST else (),
    )


def _cells(board: Board, keys: Sequence[str | int]) -> list[Cell]:
    """Return the board's cells with these keys that have results, in order, up to six."""
    cell_keys = [key for text in dict.fromkeys(map(str, keys)) if (key := parse_key(text))][:MOST]
    cells = (
        board.cells.filter(pk__in=cell_keys, run__isnull=False, run__deleted_at=None)
        .select_related("run__charge", "mark", "column__endpoint", "row__mark__winner__endpoint")
        .prefetch_related("run__artifacts")
        .defer(*heavy_columns("run__", but=("arguments", "output", "metrics")))
    )
    withhold_unreadable(board, cells)
    by_pk = {cell.pk: cell for cell in cells if cell.run}
    return [by_pk[key] for key in cell_keys if key in by_pk]


def _panes(cells: Sequence[Cell]) -> list[Pane]:
    """Return the panes of these cells; the others are compared with the first one."""
    return panes_of([_run(cell) for cell in cells], [name_of(cell.column) for cell in cells])


def _run(cell: Cell) -> Run:
    if cell.run is None:
        raise ValueError(cell)
    cell.run.endpoint = cell.column.endpoint
    return cell.run


def _winner(row: Row) -> int | None:
    mark: RowMark | None = getattr(row, "mark", None)
    return mark.winner_id if mark else None


def _address(board: Board) -> str:
    return reverse("boards:board-judge", args=[board.pk])
