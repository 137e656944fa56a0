"""Sends trials: a waiting model becomes a column of its board, with a run for each row.

One transaction with the board's row locked, so that two workers cannot send the same trial and
neither cap can be exceeded. A trial is sent as a whole or not at all: if the month's or the board's
cap does not allow it, it is held with a note of its cost.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from core.formatting import counted, money
from core.periods import month_start
from features.boards.models import Board, Column, StandingTrial, Trial
from features.boards.models.trial import NOTE_CHARS
from features.boards.plan.plan import MAX_CELLS
from features.boards.runs.budget import Budget, open_account, warn_of_trials
from features.boards.runs.locking import lock, lock_for_sending
from features.boards.runs.sending import SendingResult, write_cells
from features.boards.trials import outcomes, planning
from features.boards.trials.planning import NO_SCHEMA, TrialPlan, trial_plan
from features.boards.votes.rankings import rankings
from projects import roles
from projects.rules import enforcement
from runs.costs import ledger
from runs.costs.ledger import Balance
from runs.models import LedgerAccount
from runs.start.refused_starts import Unaffordable
from runs.start.starting import in_dollars
from schemas.estimate import Estimate

if TYPE_CHECKING:
    from django.db.models import QuerySet

NIGHT_HOURS = range(1, 5)
NOT_A_MAKER = "Its runs would belong to {}, who may not run anything in this project now."
AT_ONCE = 10  # per call: other jobs get their turn in between
EVERY_S = 30.0
IDLE_S = 60.0
NOTIFY_LOOKBACK = timedelta(minutes=30)  # covers the outcomes while a worker was down


class _CapExceeded(Exception):
    """A run would exceed a cap."""


def send_due(now: datetime) -> int:
    """Send the trials that are due now; returns how many were processed."""
    is_night = timezone.localtime(now).hour in NIGHT_HOURS
    due_trials = Trial.objects.due(month_start(now), is_night=is_night).order_by("pk")
    keys = list(due_trials.values_list("pk", flat=True)[:AT_ONCE])
    for key in keys:
        _send_if_due(key, now, due_trials)
    return len(keys)


def _send_if_due(pk: int, now: datetime, due_trials: QuerySet[Trial]) -> None:
    """Send a trial unless it was dismissed, or its board's trials paused, since it was listed."""
    board_id = Trial.objects.values_list("board_id", flat=True).get(pk=pk)
    with transaction.atomic():
        board = lock(board_id)
        if due_trials.filter(pk=pk).exists():
            _send(board, pk, now)


def send(unlocked: Board, pk: int, now: datetime) -> Trial:
    """Give a trial its column, or the reason why it has none; no effect if it has a column.

    `unlocked` is the board as the request read it. Raises Refused if it was stopped since then.
    """
    with transaction.atomic():
        return _send(lock_for_sending(unlocked), pk, now)


def _send(board: Board, pk: int, now: datetime) -> Trial:
    trial = Trial.objects.select_related("endpoint", "former__endpoint").get(pk=pk)
    standing = StandingTrial.objects.select_related("reference__endpoint").get(pk=board.pk)
    if trial.can_be_sent:
        _Sender(board, standing, trial, now).send()
    return trial


class _Sender:
    """Decides one trial of a locked board."""

    def __init__(self, board: Board, standing: StandingTrial, trial: Trial, now: datetime) -> None:
        self.board, self.standing, self.trial, self.now = board, standing, trial, now

    def send(self) -> None:
        """Write the column and its runs, or the reason why there is none."""
        if state := self._refusal():
            self._end(*state)
        else:
            self._plan_and_write()

    def _refusal(self) -> tuple[Trial.State, str] | None:
        """Return state and message if the model cannot be planned, else None."""
        endpoint = self.trial.endpoint
        if roles.refusal_to_make(self.board.user, self.board.project):
            return Trial.State.WAITING, NOT_A_MAKER.format(self.board.author)
        if refusal := endpoint.refusal or enforcement.refusal(self.board.project, endpoint):
            return Trial.State.REFUSED, refusal
        if not endpoint.schema_id:
            return Trial.State.WAITING, NO_SCHEMA
        if self._is_known_in_this_schema():
            return Trial.State.DISMISSED, "It is already tried with a newer schema."
        return None

    def _plan_and_write(self) -> None:
        trial = self.trial
        trial.schema_digest = trial.endpoint.schema_id or ""
        trial.reference = self.standing.reference or best_column(self.board, trial.former)
        planned = self._plan()
        if not planned.expanded.fitting:
            self._end(Trial.State.UNFIT, planned.trouble or "The board has no rows.")
        elif sending_result := self._write(planned):
            trial.column = self.board.columns.get(digest=planned.plan.columns[0].digest)
            trial.sent_at = self.now
            self._end(Trial.State.SENT, _unsent_summary(planned, sending_result))

    def _is_known_in_this_schema(self) -> bool:
        same_trials = self.board.trials.filter(
            endpoint=self.trial.endpoint, schema_digest=self.trial.endpoint.schema_id
        )
        return same_trials.exclude(pk=self.trial.pk).exists()

    def _plan(self) -> TrialPlan:
        trial = self.trial
        label = ""
        if trial.reason == Trial.Reason.SCHEMA:
            label = f"inputs of {timezone.localtime(trial.found_at):%-d %B %Y}"
        room = MAX_CELLS - self.board.cells.filter(replaced_at=None).count()
        base = trial.former or trial.reference
        return trial_plan(self.board, trial.endpoint, base, label=label, room=room)

    def _write(self, planned: TrialPlan) -> SendingResult | None:
        """Write the column with its runs; if a cap holds it back, write nothing and return None."""
        month = ledger.open_account(
            LedgerAccount.Kind.TRIAL_MONTH,
            self.board.pk,
            period_of(self.now),
            self.standing.monthly_cap_usd,
        )
        budget = Budget.of_accounts(month, open_account(self.board))
        reason = held_words(planned.total, *budget.balances)
        try:
            with transaction.atomic():
                sending_result = write_cells(
                    self.board,
                    self.board.user,
                    planned.plan,
                    planned.expanded,
                    planned.estimates,
                    budget,
                )
                if sending_result.held:
                    raise _CapExceeded
        except Unaffordable as unaffordable:
            self._end(Trial.State.HELD, str(unaffordable))
            return None
        except _CapExceeded:
            self._end(Trial.State.HELD, reason)
            why = f"{self.trial.endpoint.name}: {reason}"
            warn_of_trials(self.board, month.cap_usd, month_start(self.now), why)
            return None
        return sending_result

    def _end(self, state: Trial.State, note: str) -> None:
        trial = self.trial
        is_news = (trial.state, trial.note) != (state, note)
        trial.state, trial.note = state, note[:NOTE_CHARS]
        trial.decided_at = self.now if is_news or state == Trial.State.HELD else trial.decided_at
        trial.save()


def _unsent_summary(planned: TrialPlan, sending_result: SendingResult) -> str:
    """Return a sentence about the rows that were not sent; empty if all were."""
    parts = []
    if planned.unfit_rows:
        rows = f"{planned.unfit_rows} of {counted(len(planned.plan.rows), 'row')}"
        parts.append(f"{rows} do not fit: {planned.trouble}")
    if sending_result.reused:
        parts.append(f"{sending_result.reused} taken from earlier runs, at no cost.")
    return " ".join(parts)


def held_words(total: Estimate | None, month: Balance, own: Balance) -> str:
    """Return why a trial of this cost is held, in a sentence."""
    most = in_dollars(total) if total else None
    if most is None:
        return (
            "Its price is unknown, so the monthly cap cannot be guaranteed. Add it to the plan "
            "to run it anyway."
        )
    if month.cap is not None and not month.allows(most):
        amount_left = max(month.cap - month.committed, Decimal(0))
        return (
            f"It may cost {money(most)}, and {money(amount_left)} of {money(month.cap)} is left "
            "this month. It is tried next month, or when you raise the cap."
        )
    return (
        f"It may cost {money(most)}; with {money(own.committed)} so far that would pass the "
        f"board's own cap of {money(own.cap)}."
    )


def period_of(now: datetime) -> str:
    """Return the month in the server's time zone, as the ledger names it: `2026-11`."""
    return f"{month_start(now):%Y-%m}"


def spent_since(board: Board, now: datetime) -> Decimal:
    """Return what this month's trials of a board have cost and may still cost. One query."""
    return ledger.committed(LedgerAccount.Kind.TRIAL_MONTH, board.pk, period_of(now))


def best_column(board: Board, former: Column | None) -> Column | None:
    """Return the best column by votes, winners and stars, as the reference for a new one.

    Without any judgement, return `former`, which the new model succeeds, else the first column.
    """
    ranked = rankings(board)[0].columns
    judged = [column for column in ranked if column.votes or column.rows_won or column.stars]
    if not judged:
        first = ranked[0].column if ranked else None
        return former or first
    best = max(judged, key=lambda column: (column.share or 0, column.rows_won, column.stars or 0))
    return best.column


def send_due_and_report() -> float:
    """Find, send and report due trials; returns the seconds to wait. Two queries without any."""
    now = timezone.now()
    if Trial.objects.exists():
        outcomes.finish(now)
    if not StandingTrial.objects.watching().exists():
        return IDLE_S
    planning.note_all()
    count = send_due(now)
    outcomes.notify_owners(now - NOTIFY_LOOKBACK)
    return 1.0 if count == AT_ONCE else EVERY_S
