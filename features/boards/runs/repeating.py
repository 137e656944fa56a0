"""Repeats a board's cells and stops a board, and describes the outcome."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from features.boards import for_record
from features.boards.models import Board, Cell
from features.boards.plan.from_board import held_cells, stored_plan
from features.boards.runs.budget import Budget
from features.boards.runs.locking import lock, lock_for_sending
from features.boards.runs.progress import CAN_REPEAT
from features.boards.runs.sending import SendingResult, is_repeated, run_plan, run_request
from projects.rights import Rights
from projects.rules import enforcement
from runs.costs.cost import estimate_runs
from runs.models import Run
from runs.models.querysets import heavy_columns
from runs.promises import named_inputs
from runs.start import starting
from runs.start.starting import in_dollars
from runs.state import state_machine
from schemas.estimate.wording import between

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.db.models import QuerySet

CAN_STOP = (Run.State.CREATED, Run.State.SUBMITTING, Run.State.QUEUED)


def repeat_failed(
    user: User, board: Board, token: str = "", *, is_program: bool = False
) -> SendingResult:
    """Rerun failed and cancelled cells; the earlier runs stay in the history.

    `token` identifies the pressed button, which sends runs once. Raises Forbidden if a rule locks
    the models of all of them.
    """
    with transaction.atomic():
        locked = lock_for_sending(board)
        if is_repeated(user, locked, token):
            return SendingResult(locked, is_repeat=True)
        cells = locked.cells.filter(replaced_at=None, run__state__in=CAN_REPEAT)
        return _repeat(user, locked, list(_with_runs(cells)), token, is_program)


def repeat_cell(user: User, board: Board, cell: Cell) -> SendingResult:
    """Run one cell again, even if it shows a reused result; a repeated press finds it replaced.

    Raises Forbidden for a locked model.
    """
    with transaction.atomic():
        locked = lock_for_sending(board)
        cells = locked.cells.filter(replaced_at=None, run__isnull=False, pk=cell.pk)
        if not cells.exists():
            return SendingResult(locked, is_repeat=True)
        return _repeat(user, locked, list(_with_runs(cells)))


def send_held(
    user: User, board: Board, token: str = "", *, is_program: bool = False
) -> SendingResult:
    """Send the cells that were not sent, within the current cap and by the current rules.

    `token` as in `repeat_failed`.
    """
    plan = stored_plan(board)
    cells = held_cells(board, plan, named_inputs.resolver(user, board.project))
    return run_plan(user, plan, cells, token, board=board, is_program=is_program)


def _with_runs(cells: QuerySet[Cell]) -> QuerySet[Cell]:
    runs = cells.select_related("run", "column__endpoint")
    return runs.defer(*heavy_columns("run__", but=("arguments",)))


def _repeat(
    user: User, board: Board, cells: Sequence[Cell], token: str = "", is_program: bool = False
) -> SendingResult:
    result = SendingResult(board)
    repeated_cells = [cell for cell in cells if cell.run and not cell.column.endpoint.refusal]
    models = [cell.column.endpoint for cell in repeated_cells]
    locks = enforcement.refusals(board.project, models) if models else {}
    if locks:  # cells of locked models keep their runs
        result.locked = sum(model.pk in locks for model in models)
        result.refusal = next(locks[model.pk] for model in models if model.pk in locks)
        repeated_cells = [cell for cell in repeated_cells if cell.column.endpoint_id not in locks]
    run_inputs = [(cell.column.endpoint, cell.run.arguments) for cell in repeated_cells if cell.run]
    budget = Budget.of_board(board)
    cell_count = board.cells.filter(replaced_at=None).count()
    requests, new = [], []
    for cell, estimate, (endpoint, arguments) in zip(
        repeated_cells, estimate_runs(run_inputs), run_inputs, strict=True
    ):
        if budget.refuse(estimate):
            result.held += 1
            continue
        request = run_request(
            user,
            board,
            endpoint,
            arguments,
            budget,
            estimate,
            cell_count=cell_count,
            token=token,
            is_program=is_program,
        )
        place = {"row_id": cell.row_id, "column_id": cell.column_id, "seed": cell.seed}
        new.append(Cell(board=board, estimate_usd=in_dollars(estimate), **place))
        requests.append(request)
        cell.replaced_at = timezone.now()
        result.sent += 1
    for cell, (run, _) in zip(new, starting.start_many(requests), strict=True):
        cell.run = run
    Cell.objects.bulk_update([cell for cell in repeated_cells if cell.replaced_at], ["replaced_at"])
    Cell.objects.bulk_create(new)
    for_record.touch(repeated_cells)
    return result.require_any()


def stop(board: Board, by: User) -> str:
    """Cancel the board's runs that have not started; returns a sentence about the outcome.

    The board's user and managers cancel all of them, other makers their own. The lock is held only
    to list the runs: requests that began earlier send nothing more.
    """
    with transaction.atomic():
        locked = lock(board.pk)
        locked.stopped_at = timezone.now()
        locked.save(update_fields=["stopped_at"])
        cells = locked.cells.filter(replaced_at=None, is_reused=False)
        own = cells.exclude(run__state__in=Run.FINAL).exclude(run=None).select_related("run")
        unfinished = list(own if Rights(by, locked).may_remove else own.filter(run__user=by))
    stoppable = [cell for cell in unfinished if cell.run and cell.run.state in CAN_STOP]
    running = [cell for cell in unfinished if cell.run and cell.run.state not in CAN_STOP]
    for cell in stoppable:
        if cell.run_id:
            state_machine.request_cancel(cell.run_id)
    return _stopped(len(stoppable), running)


def _stopped(cancelled: int, running: Sequence[Cell]) -> str:
    message = f"{cancelled} waiting {'run is' if cancelled == 1 else 'runs are'} cancelled."
    if not running:
        return message
    cost: Decimal = sum((cell.estimate_usd or Decimal() for cell in running), Decimal())
    price = f", which costs {between(Decimal(), cost)}" if cost else ""
    verb = "has started and finishes" if len(running) == 1 else "have started and finish"
    return f"{message} {len(running)} {verb}{price}."
