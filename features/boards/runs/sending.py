"""Writes a plan as a board: columns, rows, cells, and a run for each cell that may be sent.

One transaction, with the board's row locked: two tabs cannot exceed the cap together, and each
place gets one cell. The worker sends the runs like any other.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction

from catalog.models import Endpoint
from features.boards import for_record
from features.boards.models import Board, Cell, Column, Row
from features.boards.plan.cells import ExpandedPlan, PlannedCell
from features.boards.plan.plan import MAX_CELLS, PRIORITY, Plan, last_text
from features.boards.runs import pricing
from features.boards.runs.budget import Budget, warn_of_board
from features.boards.runs.locking import lock_for_sending
from playground.form import form_state
from projects import roles
from projects.models import Project
from projects.models.project import private_project
from projects.rules import enforcement
from runs.costs.cost import estimate_runs
from runs.start import starting, wait_choices
from runs.start.refused_starts import Forbidden, StartRefused
from runs.start.starting import Source, StartRequest, in_dollars
from schemas.estimate import Estimate

if TYPE_CHECKING:
    from django.contrib.auth.models import User


MAX_STEPS = 60  # stored per column's report
MOST_URGENT = 10  # runs of a board; a larger one lets everybody's other runs go first


@dataclass
class SendingResult:
    """The numbers of cells by their outcome."""

    board: Board
    sent: int = 0
    reused: int = 0
    held: int = 0
    known: int = 0  # existed before
    locked: int = 0  # cells of models that a rule locks
    refusal: str = ""  # which rule locks the first of them, and whom to ask
    is_repeat: bool = False  # an earlier press of the same button has done it

    @property
    def summary(self) -> str:
        """Return the outcome in a sentence or two."""
        if self.is_repeat:
            return "The first press of this button has sent the runs."
        parts = [
            f"{count} {outcome}"
            for count, outcome in (
                (self.sent, "sent"),
                (self.reused, "taken from earlier runs, at no cost"),
                (self.held, "not sent because of the budget"),
                (self.locked, "not sent because of a rule"),
            )
            if count
        ]
        if not parts:
            return "Every cell of this plan has its run."
        return f"Runs: {', '.join(parts)}. {self.refusal}".rstrip()

    def require_any(self) -> SendingResult:
        """Return `self`; raises Forbidden with the sentence if rules have refused everything."""
        if self.refusal and not (self.sent or self.reused or self.held):
            raise Forbidden(self.refusal)
        return self


def run_plan(
    user: User,
    plan: Plan,
    expanded: ExpandedPlan,
    token: str,
    *,
    board: Board | None = None,
    project: Project | None = None,
    is_program: bool = False,
) -> SendingResult:
    """Create the plan's board in `project`, or add the plan's new cells to `board`; send them.

    Without a project, a new board lives in the user's private one. The runs belong to `user`.
    `token` identifies the pressed button, which creates a board or sends runs once.
    Raises StartRefused if a model cannot be run, or the board would be too large or was stopped
    meanwhile; Forbidden if the user may create nothing there, or a rule locks every model of a
    new board. Cells of locked models say so, and the others run. With `is_program`, a program
    has sent the request, and its runs are not shown to the team.
    """
    home = board.project if board else project or private_project(user)
    if refusal := roles.refusal_to_make(user, home):
        raise Forbidden(refusal)
    cells = expanded.fitting
    estimates = estimate_runs([(cell.endpoint, cell.arguments) for cell in cells])
    with transaction.atomic():
        locked, is_new = _locked_board(user, plan, token, board, home)
        if not is_new and (board is None or is_repeated(user, locked, token)):
            return SendingResult(locked, known=len(cells), is_repeat=True)
        rows, columns = _rows(locked, plan), _columns(locked, expanded)
        budget = Budget.of_board(locked)
        writer = _Writer(locked, user, budget, token, plan.is_reusing, is_program)
        writer.write(cells, estimates, rows, columns)
        result = writer.done
        if result.held:
            warn_of_board(locked, result.held)
        return result.require_any() if is_new else result


def _locked_board(
    user: User, plan: Plan, token: str, board: Board | None, project: Project
) -> tuple[Board, bool]:
    """Return the board with its row locked, and whether it is new."""
    values: dict[str, Any] = {
        "title": plan.title or _title(plan),
        "plan": plan.post,
        "cap_usd": plan.cap_usd,
    }
    if board is None:
        values |= {"source": plan.source, "source_schema_id": plan.source.schema_id}
        return Board.objects.get_or_create(
            user=user, form_token=token[:64], defaults=values | project.for_new_work()
        )
    locked = lock_for_sending(board)
    if not plan.is_stored:
        for name, value in values.items():
            setattr(locked, name, value)
        locked.save(update_fields=[*values])
    return locked, False


def _title(plan: Plan) -> str:
    first = plan.rows[0].label if plan.rows else ""
    if not first:
        return ", ".join(model.name for model in plan.models)[:200]
    more_rows = len(plan.rows) - 1
    return f"{first[:180]} and {more_rows} more" if more_rows else first[:200]


def _rows(board: Board, plan: Plan) -> list[Row]:
    """Return the plan's rows on the board; new ones are added at the bottom."""
    by_digest = {row.digest: row for row in board.rows.all()}
    place = max((row.position for row in by_digest.values()), default=-1) + 1
    added = [row for row in plan.rows if row.digest not in by_digest]
    new = [
        Row(board=board, position=position, label=row.label, values=row.values, digest=row.digest)
        for position, row in enumerate(added, start=place)
    ]
    by_digest |= {row.digest: row for row in Row.objects.bulk_create(new)}
    return [by_digest[row.digest] for row in plan.rows]


def _columns(board: Board, expanded: ExpandedPlan) -> list[Column]:
    """Return the plan's columns on the board; new ones are added at the right."""
    by_digest = {column.digest: column for column in board.columns.all()}
    place = max((column.position for column in by_digest.values()), default=-1) + 1
    reports = expanded.reports
    new = [
        Column(
            board=board,
            position=place + n,
            endpoint=report.column.endpoint,
            label=report.column.label,
            settings=report.column.settings,
            steps=[[step.kind, step.sentence] for step in report.steps[:MAX_STEPS]],
            digest=report.column.digest,
        )
        for n, report in enumerate(r for r in reports if r.column.digest not in by_digest)
    ]
    by_digest |= {column.digest: column for column in Column.objects.bulk_create(new)}
    return [by_digest[report.column.digest] for report in reports]


def is_repeated(user: User, board: Board, token: str) -> bool:
    """Whether an earlier press of the button with this token has sent runs of the board."""
    if not token:
        return False
    runs_of_press = starting.token(Source.BOARD, starting.press_key(token))
    return board.cells.filter(run__user=user, run__form_token__startswith=runs_of_press).exists()


class TooLarge(StartRefused):
    """The board would have too many cells."""


class _Writer:
    """Writes cells of one locked board, with runs of one user."""

    def __init__(
        self,
        board: Board,
        user: User,
        budget: Budget,
        token: str,
        is_reusing: bool,
        is_program: bool,
    ) -> None:
        self.board, self.user, self.budget, self.token = board, user, budget, token
        self.is_reusing, self.is_program = is_reusing, is_program
        self.done = SendingResult(board)
        self.requests: list[StartRequest] = []
        self.waiting: list[list[Cell]] = []  # for each request, the cells that show its run
        self.here: dict[pricing.Key, int] = {}  # positions in `requests`
        self.locks: dict[int, str] = {}  # why models may not run in the project, by their keys
        self.cell_count = 0

    def write(
        self,
        cells: Sequence[PlannedCell],
        estimates: Sequence[Estimate],
        rows: Sequence[Row],
        columns: Sequence[Column],
    ) -> None:
        """Write the new cells; retry existing cells without a run, which may fit now."""
        current = {
            (cell.row_id, cell.column_id, cell.seed): cell
            for cell in self.board.cells.filter(replaced_at=None)
        }
        new = []
        for planned, estimate in zip(cells, estimates, strict=True):
            place = (rows[planned.row].pk, columns[planned.column].pk, planned.seed)
            existing = current.get(place)
            if existing and not existing.not_sent:
                self.done.known += 1
            else:
                new.append((planned, estimate, existing or self._cell(*place)))
        self.cell_count = len(current) + sum(cell.pk is None for *_, cell in new)
        if self.cell_count > MAX_CELLS:
            raise TooLarge(f"A board takes up to {MAX_CELLS} runs; this would have more.")
        reusable = (
            pricing.find_reusable_runs(self.board, [planned for planned, *_ in new])
            if self.is_reusing
            else {}
        )
        models = {planned.endpoint.pk: planned.endpoint for planned, *_ in new}
        if models:
            self.locks = enforcement.refusals(self.board.project, models.values())
        for planned, estimate, cell in new:
            self._decide(planned, estimate, cell, reusable)
        self._save([cell for *_, cell in new])

    def _cell(self, row: int, column: int, seed: str) -> Cell:
        return Cell(board=self.board, row_id=row, column_id=column, seed=seed)

    def _decide(
        self,
        planned: PlannedCell,
        estimate: Estimate,
        cell: Cell,
        reusable: dict[pricing.Key, list[uuid.UUID]],
    ) -> None:
        """Give the cell an earlier run, a new one, or the reason why it has none."""
        key = pricing.key_of(planned)
        cell.not_sent, cell.is_reused = "", False
        if earlier := reusable.get(key):
            cell.run_id, cell.is_reused = earlier.pop(0), True
            self.done.reused += 1
        elif self.is_reusing and planned.is_seeded and key in self.here:
            self.waiting[self.here[key]].append(cell)
            cell.is_reused = True
            self.done.reused += 1
        elif lock := self.locks.get(planned.endpoint.pk):
            cell.not_sent, cell.estimate_usd = lock[:500], in_dollars(estimate)
            self.done.locked += 1
            self.done.refusal = self.done.refusal or lock
        elif refusal := self.budget.refuse(estimate):
            cell.not_sent, cell.estimate_usd = refusal[:500], in_dollars(estimate)
            self.done.held += 1
        else:
            cell.estimate_usd = in_dollars(estimate)
            self.here[key] = len(self.requests)
            self.requests.append(self._request(planned, estimate))
            self.waiting.append([cell])
            self.done.sent += 1

    def _request(self, planned: PlannedCell, estimate: Estimate) -> StartRequest:
        return run_request(
            self.user,
            self.board,
            planned.endpoint,
            planned.arguments,
            self.budget,
            estimate,
            cell_count=self.cell_count,
            token=self.token,
            is_program=self.is_program,
        )

    def _save(self, cells: Iterable[Cell]) -> None:
        started = starting.start_many(self.requests)
        for (run, _), run_cells in zip(started, self.waiting, strict=True):
            for cell in run_cells:
                cell.run = run
        all_cells = list(cells)
        Cell.objects.bulk_create([cell for cell in all_cells if cell.pk is None])
        Cell.objects.bulk_update(
            [cell for cell in all_cells if cell.pk is not None],
            ["run", "is_reused", "not_sent", "estimate_usd"],
        )
        for_record.touch(cell for cell in all_cells if cell.is_reused)


def run_request(
    user: User,
    board: Board,
    endpoint: Endpoint,
    arguments: dict[str, Any],
    budget: Budget,
    estimate: Estimate,
    *,
    cell_count: int,
    token: str,
    is_program: bool,
) -> StartRequest:
    """Return the request for the run of a cell, in the board's project.

    The run belongs to `user`, and counts towards the account of `budget`. If nobody chose the
    board's priority, `cell_count` decides. `token` identifies the pressed button; programs press
    none.
    """
    key = str(uuid.uuid4())
    usual = wait_choices.LOW if cell_count > MOST_URGENT else None
    return StartRequest(
        user=user,
        endpoint=endpoint,
        arguments=arguments,
        options=wait_choices.chosen({"priority": last_text(board.plan, PRIORITY) or usual}),
        source=Source.BOARD,
        key=f"{starting.press_key(token)}.{key}" if token else key,
        is_private=is_program,
        accounts=[budget.account] if budget.account else (),
        estimate=estimate,
        project=board.project,
        is_hidden=board.is_hidden,
        origins=(*form_state.origins(board.plan), f"{Board.slug}:{board.pk}"),
    )
