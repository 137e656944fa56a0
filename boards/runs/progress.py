"""How far a board is: counts, and the time and money to go, from its own timings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

from django.conf import settings

from boards.models import Cell
from boards.runs.budget import NOTHING
from core.formatting import money
from playground.models import Run
from playground.runs.billing import billed_cost

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


def progress_of(cells: Sequence[Cell]) -> Progress:
    """Count the current cells; each cell's `run` and its endpoint should be loaded."""
    runs = [cell.run for cell in cells if cell.run]
    states = [run.state for run in runs]
    open_cells = [cell for cell in cells if cell.run and not cell.run.is_final]
    return Progress(
        total=len(runs),
        ended=sum(run.is_final for run in runs),
        succeeded=states.count(Run.State.SUCCEEDED),
        failed=states.count(Run.State.FAILED),
        cancelled=states.count(Run.State.CANCELLED),
        running=states.count(Run.State.RUNNING),
        waiting=sum(state in _OF_RUN for state in states),
        held=sum(bool(cell.not_sent) for cell in cells),
        reused=sum(cell.is_reused for cell in cells),
        spent=sum((billed_cost(c.run) or NOTHING for c in _paid(cells) if c.run), NOTHING),
        to_go=sum((cell.estimate_usd or NOTHING for cell in open_cells), NOTHING),
        seconds_to_go=_seconds_to_go([cell.run for cell in open_cells if cell.run], runs),
    )


def _paid(cells: Iterable[Cell]) -> list[Cell]:
    return [cell for cell in cells if not cell.is_reused]


def _seconds_to_go(left: Sequence[Run], runs: Sequence[Run]) -> float:
    """The time that the runs left take side by side, as long as those of their model took here."""
    taken: dict[int, list[float]] = {}
    for run in runs:
        if run.state == Run.State.SUCCEEDED and run.started_at and run.ended_at:
            seconds = (run.ended_at - run.started_at).total_seconds()
            taken.setdefault(run.endpoint_id, []).append(seconds)
    usual = {pk: median(listed) for pk, listed in taken.items()}
    times = [
        usual.get(run.endpoint_id) or run.endpoint.duration_estimate_s or _USUAL_S for run in left
    ]
    at_once = max(1, min(settings.RUNS_AT_ONCE_PER_USER, len(times)))
    return max([sum(times) / at_once, *times]) if times else 0.0


def _roughly(seconds: float) -> str:
    if seconds < 50:
        return f"{max(5, round(seconds / 5) * 5)} seconds"
    minutes = max(1, round(seconds / 60))
    return "a minute" if minutes == 1 else f"{minutes} minutes"


def _rounded(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(max(amount.adjusted() - 1, -4)))
