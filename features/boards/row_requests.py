"""New rows from one prompt: a maker's row runs at once, another's waits for a maker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.db import IntegrityError, transaction
from django.utils import timezone

from core.forms import TextField
from features.boards.models import Board, Row, RowRequest
from features.boards.plan import groups, values
from features.boards.plan.from_board import new_cells, stored_plan
from features.boards.plan.plan import PlannedRow, digest, last_text
from features.boards.runs.sending import SendingResult, run_plan
from runs.costs.cost import estimate_runs
from runs.promises import named_inputs
from runs.start.refused_starts import StartRefused
from schemas import Field
from schemas.estimate import Estimate
from schemas.meanings import by_meaning, media_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.contrib.auth.models import User

    from projects.kept.voices.participant import Participant

MAX_PROMPT_CHARS = 5000
MAX_WAITING = 50  # on one board
MAX_SHOWN = 8
LABEL_CHARS = 300
UNFIT = "no model of this board can run it"


class RowForm(forms.Form):
    """The form for a new row."""

    prompt = TextField(max_length=MAX_PROMPT_CHARS, required="Write a prompt first.")


@dataclass(frozen=True)
class PricedRequest:
    """A requested row, and what its runs would cost in words."""

    request: RowRequest
    price: str


def prompt_field(board: Board) -> Field | None:
    """Return the field for a new row's text: the one that varies by row, else the prompt.

    None if the models share no text field; then only the plan's page can add rows.
    """
    models = [column.endpoint for column in board.columns.select_related("endpoint__schema")]
    shared = groups.groups_of(board.source, models).shared
    field_name = last_text(board.plan, "row-field")
    chosen_field = next((field for field in shared if field.name == field_name), None)
    field = chosen_field or by_meaning(shared).get("prompt")
    return field if field and field.is_text and not media_of(field) else None


def row_of(board: Board, prompt: str) -> PlannedRow:
    """Return the row for a prompt.

    Raises ValueError with a sentence for the field, also if the board already has the row.
    """
    row = planned_row(board, prompt)
    if board.rows.filter(digest=row.digest).exists():
        raise ValueError("The board already has this row.")
    return row


def planned_row(board: Board, prompt: str) -> PlannedRow:
    """Return the row for a prompt; everything else is as in the board's first row.

    Raises ValueError with a sentence for the field.
    """
    field = prompt_field(board)
    if field is None:
        raise ValueError("The models of this board share no prompt; use “Add models or rows”.")
    first = board.rows.first()
    return row_of_values((first.values if first else {}) | {field.name: prompt}, prompt)


def row_of_values(inputs: dict[str, Any], label: str) -> PlannedRow:
    """Return the row for arguments in the terms of the board's source model."""
    return PlannedRow(values.short_label(label)[:LABEL_CHARS], inputs, digest(inputs))


def request_row(author: Participant, board: Board, row: PlannedRow) -> RowRequest:
    """Request a row, which then waits for a maker. The caller has checked the author's right.

    Raises ValueError with a sentence if the row already waits, or too many rows do.
    """
    waiting_requests = board.row_requests.waiting()
    if waiting_requests.count() >= MAX_WAITING:
        raise ValueError(f"This board already has {MAX_WAITING} waiting rows. Ask again later.")
    try:
        with transaction.atomic():
            return RowRequest.objects.create(
                board=board,
                label=row.label,
                values=row.values,
                digest=row.digest,
                **author.fields(),
            )
    except IntegrityError as error:
        raise ValueError("Somebody has already asked for this row.") from error


def run_row(user: User, board: Board, row: PlannedRow) -> SendingResult:
    """Add a row and send its runs for every column and seed, as runs of `user`.

    The project's rules and the board's cap apply. Raises StartRefused or Forbidden with a sentence.
    """
    plan = stored_plan(board, rows=[row])
    cells = new_cells(board, plan, named_inputs.resolver(user, board.project))
    if not cells.fitting:
        troubles = [report.trouble for report in cells.reports if report.trouble]
        raise StartRefused(troubles[0] if troubles else "The board already has this row.")
    return run_plan(user, plan, cells, "", board=board)


def run_request(user: User, request: RowRequest) -> SendingResult:
    """Add a requested row to the board, and send its runs as runs of `user`.

    Raises StartRefused if it has been run meanwhile, and whatever `run_row` raises.
    """
    with transaction.atomic():
        locked = RowRequest.objects.select_for_update().get(pk=request.pk)
        if locked.row_id is not None:
            raise StartRefused("This row has already been run.")
        sending_result = run_row(user, request.board, _planned(locked))
        locked.row = Row.objects.filter(board=request.board, digest=locked.digest).first()
        _decide(user, locked)
    return sending_result


def leave_out(user: User, request: RowRequest) -> None:
    """Decline a request; the page lists it below the others, and a maker can still run it."""
    with transaction.atomic():
        locked = RowRequest.objects.select_for_update().get(pk=request.pk)
        if locked.decided_at is None:
            _decide(user, locked)


def _decide(user: User, request: RowRequest) -> None:
    request.decided_at, request.decided_by = timezone.now(), user
    request.save(update_fields=["decided_at", "decided_by", "row"])


@dataclass(frozen=True)
class Undecided:
    """The requests that a board's page lists, and how many more wait."""

    waiting: list[PricedRequest]
    left_out: list[PricedRequest]
    more: int = 0


def undecided(board: Board, user: User, may_run: bool) -> Undecided:
    """Return the waiting requests; if the user may run them, also the newest declined ones.

    One query if there are none. Prices are computed only for users who may run them.
    """
    requests = list(board.row_requests.filter(row=None).select_related("user"))
    waiting = [item for item in requests if item.decided_at is None]
    left_out = [item for item in requests if item.decided_at][-MAX_SHOWN:]
    first = waiting[:MAX_SHOWN]
    rest = len(waiting) - len(first)
    if not may_run:
        return Undecided([PricedRequest(item, "") for item in first], [], rest)
    prices = {price.request.pk: price for price in _priced(board, user, [*first, *left_out])}
    return Undecided(
        [prices[item.pk] for item in first], [prices[item.pk] for item in left_out], rest
    )


def _priced(board: Board, user: User, requests: Sequence[RowRequest]) -> list[PricedRequest]:
    if not requests:
        return []
    rows = [_planned(request) for request in requests]
    plan = stored_plan(board, rows=rows)
    cells = new_cells(board, plan, named_inputs.resolver(user, board.project)).fitting
    estimates = estimate_runs([(cell.endpoint, cell.arguments) for cell in cells])
    totals: dict[str, Estimate] = {}
    for cell, estimate in zip(cells, estimates, strict=True):
        key = plan.rows[cell.row].digest
        totals[key] = totals[key] + estimate if key in totals else estimate
    prices = {digest: total.page_label for digest, total in totals.items()}
    return [PricedRequest(request, prices.get(request.digest, UNFIT)) for request in requests]


def _planned(request: RowRequest) -> PlannedRow:
    return PlannedRow(request.label, request.values, request.digest)
