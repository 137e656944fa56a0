"""A board's progress: counts, and the remaining time and cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from django.conf import settings
from django.db.models import Count, Q, QuerySet, Sum

from catalog.models import Endpoint
from core.formatting import money
from features.boards.models import Board, Cell
from runs.costs.ledger import NOTHING
from runs.models import Run
from runs.models.ledger import SumState
from runs.progress.waiting import usual_s
from schemas.estimate import Estimate, unknown
from schemas.estimate.wording import label_for_pages

MOST_SHARE = 0.95  # before everything has ended
_USUAL_S = 20.0
CAN_REPEAT = {Run.State.FAILED, Run.State.CANCELLED}
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
    retry_price: str  # of failed and cancelled cells
    held_price: str  # of cells that were not sent

    @property
    def is_over(self) -> bool:
        """Whether no run is in progress."""
        return self.ended >= self.total

    @property
    def share(self) -> float:
        """Return the share that has ended, at most 95 % before the end."""
        if self.is_over or not self.total:
            return 1.0
        return min(self.ended / self.total, MOST_SHARE)

    @property
    def sentence(self) -> str:
        """Return `37 of 60, about 2 minutes and $0.80 to go`."""
        if not self.total:
            return "Nothing was sent yet."
        if self.is_over:
            return self._end_in_words()
        remainder = f"about {_roughly(self.seconds_to_go)}"
        if self.to_go and (price := label_for_pages(money(self.to_go))):
            remainder += f" and {price}"
        return f"{self.ended} of {self.total}, {remainder} to go"

    def _end_in_words(self) -> str:
        parts = [f"{self.succeeded} of {self.total} done"]
        parts += [f"{self.failed} failed"] if self.failed else []
        parts += [f"{self.cancelled} cancelled"] if self.cancelled else []
        parts += [f"{self.held} not sent"] if self.held else []
        return ", ".join(parts)


class Tally(NamedTuple):
    """Cells that are equal with regard to progress: their number and total maximum cost."""

    endpoint_id: int
    state: str | None  # None: without a run
    is_reused: bool
    not_sent: str
    cells: int
    estimate_usd: Decimal | None
    priced: int  # cells whose maximum cost is known
    paid: Decimal | None  # what their runs have cost

    @property
    def is_open(self) -> bool:
        """Whether their runs are in progress."""
        return self.state is not None and self.state not in Run.FINAL


_ALIKE = ("column__endpoint_id", "run__state", "is_reused", "not_sent")


def progress_of(board: Board) -> Progress:
    """Count the current cells of a board. Two queries; while runs are in progress, one a model."""
    tallies = _tallies(board)
    with_run = [tally for tally in tallies if tally.state]
    open_cells = [tally for tally in with_run if tally.is_open]
    states: Counter[str | None] = Counter()
    for tally in with_run:
        states[tally.state] += tally.cells
    endpoints = _endpoints(tallies)
    return Progress(
        total=states.total(),
        ended=states.total() - _count(open_cells),
        succeeded=states[Run.State.SUCCEEDED],
        failed=states[Run.State.FAILED],
        cancelled=states[Run.State.CANCELLED],
        running=states[Run.State.RUNNING],
        waiting=sum(states[state] for state in _OF_RUN),
        held=_count(tally for tally in tallies if tally.not_sent),
        reused=_count(tally for tally in tallies if tally.is_reused),
        spent=sum((tally.paid or NOTHING for tally in with_run if not tally.is_reused), NOTHING),
        to_go=sum((tally.estimate_usd or NOTHING for tally in open_cells), NOTHING),
        seconds_to_go=_seconds_to_go(open_cells, endpoints) if open_cells else 0.0,
        retry_price=_price(tally for tally in with_run if tally.state in CAN_REPEAT),
        held_price=_price(tally for tally in tallies if tally.not_sent),
    )


def _current(board: Board) -> QuerySet[Cell]:
    return Cell.objects.filter(board=board, replaced_at=None).order_by()


def _tallies(board: Board) -> list[Tally]:
    """Count in the database: loading 400 cells took longer than the rest of a board's page."""
    tally_rows = (
        _current(board)
        .values_list(*_ALIKE)
        .annotate(
            cell_count=Count("pk"),
            estimated=Sum("estimate_usd"),
            priced=Count("estimate_usd"),
            paid=Sum("run__charge__amount", filter=Q(run__charge__state=SumState.SETTLED)),
        )
    )
    return [Tally(*values) for values in tally_rows]


def _price(tallies: Iterable[Tally]) -> str:
    """Return the maximum cost of these cells, for the button that sends them."""
    all_tallies = list(tallies)
    most = sum((tally.estimate_usd or NOTHING for tally in all_tallies), NOTHING)
    is_known = all(tally.priced == tally.cells for tally in all_tallies)
    total = Estimate(NOTHING, most) if is_known else unknown("USD")
    return total.page_label if all_tallies else ""


def _count(tallies: Iterable[Tally]) -> int:
    return sum(tally.cells for tally in tallies)


def _endpoints(tallies: Sequence[Tally]) -> Mapping[int, Endpoint]:
    """Return the endpoints of the cells, with their usual duration."""
    keys = {tally.endpoint_id for tally in tallies}
    return Endpoint.objects.only("duration_estimate_min").in_bulk(keys)


def _seconds_to_go(rows: Sequence[Tally], endpoints: Mapping[int, Endpoint]) -> float:
    """Estimate the seconds for the remaining parallel runs, from their models' usual durations."""
    times = [
        seconds
        for tally in rows
        for seconds in [usual_s(endpoints[tally.endpoint_id]) or _USUAL_S] * tally.cells
    ]
    at_once = max(1, min(settings.RUNS_AT_ONCE_PER_USER, len(times)))
    return max([sum(times) / at_once, *times])


def _roughly(seconds: float) -> str:
    if seconds < 50:
        return f"{max(5, round(seconds / 5) * 5)} seconds"
    minutes = max(1, round(seconds / 60))
    return "a minute" if minutes == 1 else f"{minutes} minutes"
