"""Outcomes of trials: how the new column compares; notifications about them for boards' owners."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from core.formatting import counted
from features.boards.models import Board, Cell, Mark, RowMark, Trial, Vote
from features.boards.votes.rankings import name_of
from features.notifications import kinds, outbox
from projects import roles
from runs.models import Run
from runs.models.querysets import heavy_columns

MAX_TOLD = 40
TOLD_STATES = (Trial.State.DONE, Trial.State.HELD, Trial.State.UNFIT, Trial.State.REFUSED)
NEW, OLD, EVEN = "new", "old", "even"
_WITHOUT_COLUMN: dict[str, str] = {
    Trial.State.WAITING: "waits to be tried",
    Trial.State.HELD: "was not tried",
    Trial.State.UNFIT: "does not fit these rows",
    Trial.State.REFUSED: "cannot be tried",
    Trial.State.DISMISSED: "is left out",
    # Used if the column was deleted, or belongs to another trial.
    Trial.State.SENT: "was tried",
    Trial.State.DONE: "was tried",
}


@dataclass(frozen=True)
class Outcome:
    """The numbers of one trial's rows that were won, lost or even; `failed` counts failed runs."""

    trial: Trial
    won: int = 0
    lost: int = 0
    even: int = 0
    rows: int = 0
    failed: int = 0
    at: datetime | None = None  # of the last judgement

    @property
    def judged(self) -> int:
        """Return how many rows were judged."""
        return self.won + self.lost + self.even

    @property
    def name(self) -> str:
        """Return the new model with its label."""
        column = self.trial.column
        return name_of(column) if column else self.trial.endpoint.name

    @property
    def predicate(self) -> str:
        """Return `won 7 of 10 rows against Aurora`, or another predicate for the model's name."""
        if not self.trial.column:
            return f"{_WITHOUT_COLUMN[self.trial.state]}. {self.trial.note}".strip()
        if self.trial.state == Trial.State.SENT:
            return f"is running on {counted(self.rows, 'row')}"
        failed = f"; {self.failed} of its runs failed" if self.failed else ""
        if not self.judged or self.trial.reference is None:
            return f"was tried on {counted(self.rows, 'row')}{failed}: look and judge"
        against = name_of(self.trial.reference)
        even = f", {self.even} even" if self.even else ""
        rows_left = self.rows - self.judged
        open_ = f", {rows_left} not judged yet" if rows_left > 0 else ""
        judged = counted(self.judged, "row")
        return f"won {self.won} of {judged} against {against}{even}{open_}{failed}"

    @property
    def moment(self) -> datetime:
        """Return when the outcome last changed."""
        moments = [self.trial.found_at, self.trial.decided_at, self.at]
        return max(moment for moment in moments if moment)


def finish(now: datetime) -> int:
    """Mark trials as done if all their runs have ended; returns how many. One statement."""
    cells = Cell.objects.filter(column=OuterRef("column"), replaced_at=None)
    open_ones = cells.filter(run__isnull=False).exclude(run__state__in=Run.FINAL)
    running = Trial.objects.filter(state=Trial.State.SENT)
    return running.filter(~Exists(open_ones)).update(state=Trial.State.DONE, decided_at=now)


def changed_since(moment: datetime) -> Q:
    """Return the condition for trials whose state or judgements have changed since then."""
    marked = Exists(RowMark.objects.filter(row__board=OuterRef("board"), changed_at__gt=moment))
    voted = Exists(Vote.objects.filter(board=OuterRef("board"), created_at__gt=moment))
    return Q(decided_at__gt=moment) | Q(marked) | Q(voted)


def outcomes_of(trials: Iterable[Trial]) -> list[Outcome]:
    """Return the outcomes in the order of the trials; columns and endpoints should be loaded.

    Four queries, however many trials.
    """
    all_trials = list(trials)
    tried = [trial for trial in all_trials if trial.column_id]
    cells = _cells(tried)
    judges = _Judgements(tried, cells)
    return [_outcome(trial, cells, judges) for trial in all_trials]


def _cells(tried: Sequence[Trial]) -> list[Cell]:
    """Return the cells of the new columns and of their reference columns."""
    columns = {key for trial in tried for key in (trial.column_id, trial.reference_id) if key}
    cells = Cell.objects.filter(column__in=columns, replaced_at=None).select_related("run")
    return list(cells.defer(*heavy_columns("run__"))) if columns else []


class _Judgements:
    """Winners of rows, votes and stars in these trials' columns."""

    def __init__(self, tried: Sequence[Trial], cells: Sequence[Cell]) -> None:
        boards = {trial.board_id for trial in tried}
        self.cells = {cell.pk: cell for cell in cells}
        winners = RowMark.objects.filter(row__board__in=boards, winner__isnull=False)
        self.winners = {mark.row_id: mark for mark in winners} if boards else {}
        votes = Vote.objects.counted().filter(first__in=self.cells, second__in=self.cells)
        self.votes = list(votes) if boards else []
        marks = Mark.objects.filter(cell__in=self.cells, stars__gt=0)
        self.stars = {mark.cell_id: mark for mark in marks} if boards else {}

    def row_winners(
        self, new: int, old: int, since: datetime
    ) -> tuple[dict[int, str], list[datetime]]:
        """Return the winner of each judged row by its key, and the times of the judgements.

        A row's winner counts first, then the majority of votes, then stars. A win of the old
        column does not count if it is older than the new column.
        """
        at: list[datetime] = []
        winners = self._by_stars(new, old, at) | self._by_votes(new, old, at)
        for row, mark in self.winners.items():
            if mark.winner_id == new or (mark.winner_id == old and mark.changed_at > since):
                winners[row] = NEW if mark.winner_id == new else OLD
                at.append(mark.changed_at)
        return winners, at

    def _by_votes(self, new: int, old: int, at: list[datetime]) -> dict[int, str]:
        counts: dict[int, Counter[int | None]] = defaultdict(Counter)
        for vote in self.votes:
            first, second = self.cells[vote.first_id], self.cells[vote.second_id]
            if {first.column_id, second.column_id} == {new, old}:
                winner = self.cells[vote.winner_id].column_id if vote.winner_id else None
                counts[first.row_id][winner] += 1
                at.append(vote.created_at)
        return {row: _more(count[new], count[old]) for row, count in counts.items()}

    def _by_stars(self, new: int, old: int, at: list[datetime]) -> dict[int, str]:
        stars: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        for key, mark in self.stars.items():
            cell = self.cells[key]
            if cell.column_id in {new, old}:
                stars[cell.row_id][cell.column_id].append(mark.stars)
                at.append(mark.changed_at)
        both = {row: by for row, by in stars.items() if by.keys() == {new, old}}
        return {
            row: _more(sum(by[new]) / len(by[new]), sum(by[old]) / len(by[old]))
            for row, by in both.items()
        }


def _more(new: float, old: float) -> str:
    return EVEN if new == old else NEW if new > old else OLD


def _outcome(trial: Trial, cells: Sequence[Cell], judges: _Judgements) -> Outcome:
    own = [cell for cell in cells if cell.column_id == trial.column_id] if trial.column_id else []
    rows = {cell.row_id for cell in own}
    judged: dict[int, str] = {}
    at: list[datetime] = []
    if trial.column_id and trial.reference_id and trial.sent_at:
        judged, at = judges.row_winners(trial.column_id, trial.reference_id, trial.sent_at)
    count = Counter(judge for row, judge in judged.items() if row in rows)
    failed = sum(cell.run is not None and cell.run.state == Run.State.FAILED for cell in own)
    return Outcome(
        trial, count[NEW], count[OLD], count[EVEN], len(rows), failed, max(at, default=None)
    )


def _loaded(trials: QuerySet[Trial]) -> QuerySet[Trial]:
    """Return the trials with all rows that their outcomes need, newest first."""
    return trials.prefetch_related(
        "endpoint", "column__endpoint", "reference__endpoint", "former__endpoint"
    ).order_by("-pk")


def notify_owners(since: datetime) -> int:
    """Notify owners of outcomes that have changed since then; returns how many were notified.

    Each trial is reported once when it is decided, and once when all of its rows are judged:
    the outbox ignores repeats (`features/notifications/outbox.py`).
    """
    changed_trials = Trial.objects.filter(changed_since(since), board__deleted_at=None)
    decided = changed_trials.filter(state__in=TOLD_STATES)
    decided = decided.select_related("board__user", "board__project")
    trials = list(_loaded(decided)[:MAX_TOLD])
    return sum(_notify_owner(outcome) for outcome in (outcomes_of(trials) if trials else []))


def _notify_owner(outcome: Outcome) -> bool:
    trial = outcome.trial
    if not roles.role_in(trial.board.project, trial.board.user):
        return False
    is_judged = outcome.judged >= outcome.rows > 0
    stage, title = "judged" if is_judged else trial.state, f"{outcome.name} {outcome.predicate}"
    return outbox.notify(
        trial.board.user,
        kinds.TRIAL_NEWS,
        subject=title,
        text=f"{title}\n{trial.get_reason_display()}, on the board “{trial.board}”.",
        path=f"{reverse('boards:board-trials', args=[trial.board_id])}#trial-{trial.pk}",
        key=f"trial {trial.pk} {stage}",
        about=trial.board,
    )


def outcomes_of_board(board: Board) -> list[Outcome]:
    """Return the outcomes of all trials of a board, newest first. One query without any."""
    trials = list(_loaded(board.trials.all()))
    return outcomes_of(trials) if trials else []
