"""The panes of the viewer: two to four results, with their difference from the first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from boards.models import Board, Cell, Column
from boards.runs.visibility import withhold_unreadable
from boards.votes.rankings import name_of
from core.formatting import duration, money
from core.http.parameters import parse_key
from core.word_diff import Part, word_diff
from playground.display import previews, renderers
from playground.display.history import seconds
from playground.display.renderers import Shown
from runs.costs.billing import billed_cost
from runs.models import Run
from runs.models.querysets import heavy_columns
from runs.results.outputs import artifacts_in

LEAST, MOST = 2, 4
LETTERS = "ABCD"
COMPARED = {"image", "video", "audio", "mesh"}


@dataclass(frozen=True)
class Pane:
    """One result; `diff` is how its text differs from the first pane's."""

    letter: str
    cell: Cell
    name: str
    shown: list[Shown]
    text: str
    diff: list[Part]
    seconds: str
    price: str
    seconds_delta: str
    price_delta: str

    @property
    def kinds(self) -> set[str]:
        """Return the kinds of its files."""
        return {item.artifact.kind for item in self.shown}

    @property
    def main(self) -> Shown | None:
        """Return the file to compare: the first picture, video, audio or mesh that can be shown."""
        return next((s for s in self.shown if s.artifact.kind in COMPARED), None)


def chosen_cells(board: Board, keys: Sequence[str]) -> list[Cell]:
    """Return the board's cells with these keys, in order, up to four."""
    wanted = [key for text in dict.fromkeys(keys) if (key := parse_key(text))]
    cells = (
        board.cells.filter(pk__in=wanted[:MOST], run__isnull=False, run__deleted_at=None)
        .select_related("run", "mark", "column__endpoint", "row__mark__winner__endpoint")
        .prefetch_related("run__artifacts")
        .defer(*heavy_columns("run__", but=("arguments", "output", "metrics")))
    )
    withhold_unreadable(board, cells)
    by_pk = {cell.pk: cell for cell in cells if cell.run}
    return [by_pk[key] for key in wanted if key in by_pk]


def panes_of(cells: Sequence[Cell]) -> list[Pane]:
    """Return the panes of these cells; the first one is the reference."""
    texts = [_text(_run(cell)) for cell in cells]
    times = [seconds(_run(cell)) for cell in cells]
    prices = [billed_cost(_run(cell)) for cell in cells]
    return [
        Pane(
            letter=LETTERS[place],
            cell=cell,
            name=name_of(cell.column),
            shown=renderers.shown(_run(cell)),
            text=texts[place],
            diff=word_diff(texts[0], texts[place]) if place and texts[0] else [],
            seconds=duration(times[place]),
            price=_price(prices[place], cell.column),
            seconds_delta=_seconds_delta(times[0], times[place]) if place else "",
            price_delta=_price_delta(prices[0], prices[place], cell.column) if place else "",
        )
        for place, cell in enumerate(cells)
    ]


def _run(cell: Cell) -> Run:
    if cell.run is None:
        raise ValueError(cell)
    cell.run.endpoint = cell.column.endpoint
    return cell.run


def _text(run: Run) -> str:
    texts = previews.of_texts(artifacts_in(run.output))
    return texts[0].text if texts else ""


def _price(amount: Decimal | None, column: Column) -> str:
    return "" if amount is None else money(amount, column.endpoint.currency) if amount else "Free"


def _seconds_delta(first: float | None, own: float | None) -> str:
    """Return `+3.2 s`, or with a minus sign."""
    if first is None or own is None:
        return ""
    return f"{_sign(own - first)}{duration(abs(own - first))}"


def _price_delta(first: Decimal | None, own: Decimal | None, column: Column) -> str:
    if first is None or own is None or own == first:
        return ""
    return f"{_sign(own - first)}{money(abs(own - first), column.endpoint.currency)}"


def _sign(difference: float | Decimal) -> str:
    return "\N{MINUS SIGN}" if difference < 0 else "+"


def stage_kind(panes: Sequence[Pane]) -> str:
    """Return the kind of file that all panes have, to select tools; empty if they differ."""
    kinds = {pane.main.artifact.kind if pane.main else "" for pane in panes}
    return kinds.pop() if len(kinds) == 1 else ""
