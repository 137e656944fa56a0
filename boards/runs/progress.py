"""How far a board is: counts, and the time and money to go, from its own timings."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from statistics import median
from typing import NamedTuple

from django.conf import settings

from boards.models import Batch, Column
from boards.runs.budget import NOTHING
from catalog.models import Endpoint
from core.formatting import money
from playground.models import Run
from playground.runs.costs.billing import cost_of_units

MOST_SHARE = 0.95  # before everything has ended
_USUAL_S = 20.0
_OF_RUN = {Run.State.CREATED, Run.State.SUBMITTING, Run.State.QUEUED}


@dataclass(frozen=True)
class Progress:
    """The board's cells by state; money in US dollars."""

    total: int
    ended: int
    succeeded: int
    failed: int
    cancelled: int
    running: int
    waiting: int
    held: int
    reused: int
    spent: Decimal
    to_go: Decimal
    seconds_to_go: float

    @property
    def is_over(self) -> bool:
        """Whether no run is under way."""
        return self.ended >= self.total

    @property
    def share(self) -> float:
        """The part that is done, never past 95 % before the end."""
        if self.is_over or not self.total:
            return 1.0
        return min(self.ended / self.total, MOST_SHARE)

    @property
    def words(self) -> str:
        """`37 of 60, about 2 minutes and $0.80 to go`."""
        if not self.total:
            return "Nothing was sent yet."
        if self.is_over:
            return self._end_in_words()
        left = f"about {_roughly(self.seconds_to_go)}"
        if self.to_go:
            left += f" and {money(_rounded(self.to_go))}"
        return f"{self.ended} of {self.total}, {left} to go"

    def _end_in_words(self) -> str:
        parts = [f"{self.succeeded} of {self.total} done"]
        parts += [f"{self.failed} failed"] if self.failed else []
        parts += [f"{self.cancelled} cancelled"] if self.cancelled else []
        parts += [f"{self.held} not sent"] if self.held else []
        return ", ".join(parts)


class CellFacts(NamedTuple):
    """One current cell, and what progress needs of its run; without the weight of either row."""

    pk: int
    row_id: int
    column_id: int
    run_id: uuid.UUID | None
    is_reused: bool
    not_sent: str
    estimate_usd: Decimal | None
    state: str | None
    billable_units: str | None
    started_at: datetime | None
    ended_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether its run is under way."""
        return self.run_id is not None and self.state not in Run.FINAL


_RUN_FACTS = {"state", "billable_units", "started_at", "ended_at"}
_COLUMNS = [f"run__{name}" if name in _RUN_FACTS else name for name in CellFacts._fields]


def facts_of(board: Batch) -> list[CellFacts]:
    """The current cells of a board in their order. One query, of plain values."""
    cells = board.cells.filter(replaced_at=None).order_by("pk")
    return [CellFacts(*values) for values in cells.values_list(*_COLUMNS)]


def progress_of(cells: Sequence[CellFacts], columns: Iterable[Column]) -> Progress:
    """Count the current cells; the endpoints of the columns should be loaded."""
    endpoints = {column.pk: column.endpoint for column in columns}
    states = Counter(cell.state for cell in cells if cell.run_id)
    open_cells = [cell for cell in cells if cell.is_open]
    return Progress(
        total=states.total(),
        ended=states.total() - len(open_cells),
        succeeded=states[Run.State.SUCCEEDED],
        failed=states[Run.State.FAILED],
        cancelled=states[Run.State.CANCELLED],
        running=states[Run.State.RUNNING],
        waiting=sum(states[state] for state in _OF_RUN),
        held=sum(bool(cell.not_sent) for cell in cells),
        reused=sum(cell.is_reused for cell in cells),
        spent=sum((_cost(c, endpoints) for c in cells if c.run_id and not c.is_reused), NOTHING),
        to_go=sum((cell.estimate_usd or NOTHING for cell in open_cells), NOTHING),
        seconds_to_go=_seconds_to_go(open_cells, cells, endpoints),
    )


def _cost(cell: CellFacts, endpoints: Mapping[int, Endpoint]) -> Decimal:
    price = endpoints[cell.column_id].unit_price_usd
    return cost_of_units(cell.billable_units or "", price) or NOTHING


def _seconds_to_go(
    left: Sequence[CellFacts], cells: Sequence[CellFacts], endpoints: Mapping[int, Endpoint]
) -> float:
    """The time that the runs left take side by side, as long as those of their model took here."""
    if not left:
        return 0.0
    taken: dict[int, list[float]] = {}
    for cell in cells:
        if cell.state == Run.State.SUCCEEDED and cell.started_at and cell.ended_at:
            seconds = (cell.ended_at - cell.started_at).total_seconds()
            taken.setdefault(endpoints[cell.column_id].pk, []).append(seconds)
    usual = {pk: median(listed) for pk, listed in taken.items()}
    models = [endpoints[cell.column_id] for cell in left]
    times = [usual.get(one.pk) or one.duration_estimate_s or _USUAL_S for one in models]
    at_once = max(1, min(settings.RUNS_AT_ONCE_PER_USER, len(times)))
    return max([sum(times) / at_once, *times])


def _roughly(seconds: float) -> str:
    if seconds < 50:
        return f"{max(5, round(seconds / 5) * 5)} seconds"
    minutes = max(1, round(seconds / 60))
    return "a minute" if minutes == 1 else f"{minutes} minutes"


def _rounded(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(max(amount.adjusted() - 1, -4)))
