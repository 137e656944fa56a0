"""Boards: created from a plan, added to, run again and stopped."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import schemas
from api.contract.operation import Body, Call, Reply, Response, operation
from api.http.problem import Problem, pointer
from api.idempotency import KEY, claimed, once
from api.representation import run as representation
from api.resources import runs
from api.resources.boards import BOARD, as_json, find, reply
from api.resources.parameters import TO_PROJECT, find_endpoint
from api.resources.runs import WAIT
from catalog.models import Endpoint
from catalog.schema_versions import version_of
from fal.db_safe import db_safe, db_safe_text
from features.boards.models import Board
from features.boards.plan import groups
from features.boards.plan.cells import ExpandedPlan, expand
from features.boards.plan.from_board import column_of, new_cells, stored_plan
from features.boards.plan.input_files import missing_files
from features.boards.plan.plan import (
    ALLOW_UNKNOWN,
    PRIORITY,
    Plan,
    PlannedColumn,
    PlannedRow,
    read_plan,
)
from features.boards.runs import pricing, repeating, sending
from projects import roles
from runs.files.own_addresses import tidy_addresses
from runs.promises import named_inputs
from runs.promises.named_inputs import NameResolver
from schemas.estimate import NOTHING
from schemas.validation import unknown_keys

_PLACES = {"table": "rows", "rows": "rows", "shared": "rows", "seeds": "seeds", "cap": "cap_usd"}


def _repeat(call: Call, answer: dict[str, Any]) -> Reply:
    """Return the current board for a repeated call, with the message of the first one."""
    board = find(call, answer["board"])
    if "said" not in answer:
        return reply(board, call)
    return Reply(answer["said"] | {"board": as_json(board, call)})


@operation(
    "POST",
    "/boards",
    scope="run",
    tag="boards",
    limit="run",
    parameters=[KEY, WAIT, TO_PROJECT],
    body=Body("NewBoard"),
    responses=[
        Response(201, "The new board.", "Board"),
        Response(200, "The board that this Idempotency-Key created before.", "Board"),
    ],
    errors=[404, 409],
)
@once(_repeat)
def create_board(call: Call) -> Reply:
    """Create a board and run its cells.

    Rows are inputs of the first column's model, and are converted for the other models. The board
    costs what its runs cost, at most `cap_usd`; with `max_cost`, nothing is sent if all of it may
    cost more. Unless `partial` is set, nothing is sent if a row does not fit a model.
    """
    call.reach.require_maker()
    plan = _plan(call)
    expanded = expand(plan, _names(call))
    _require_fitting(call, plan, expanded)
    _require_below(call, plan, expanded, None)
    return reply(_send(call, plan, expanded, None).board, call, 201)


@operation(
    "POST",
    "/boards/estimates",
    scope="read",
    tag="boards",
    limit="read",
    parameters=[TO_PROJECT],
    body=Body("NewBoard"),
    responses=[Response(200, "What creating it would send and cost.", "BoardEstimate")],
    errors=[404],
)
def estimate_board(call: Call) -> Reply:
    """Estimate what a board will cost, without creating it."""
    plan = _plan(call)
    price = pricing.price(call.user, plan, expand(plan, _names(call)), project=call.reach.target)
    estimate = representation.estimate(price.total) if price.total else None
    counts = {"runs": price.to_send, "reused": price.reused, "held": price.held}
    return Reply(counts | {"estimate": estimate})


@operation(
    "POST",
    "/boards/{board_id}/cells",
    scope="run",
    tag="boards",
    limit="run",
    parameters=[BOARD, KEY, WAIT],
    body=Body("MoreOfBoard"),
    responses=[Response(200, "The board with what was added.", "Board")],
    errors=[404, 409],
)
@once(_repeat)
def add_to_board(call: Call) -> Reply:
    """Add columns, rows or seeds to a board: only new cells run."""
    board = _changeable(call)
    if call.body.get("allow_unknown", False):
        board.plan |= {ALLOW_UNKNOWN: ["1"]}
    if PRIORITY in call.body:
        board.plan |= {PRIORITY: [call.body[PRIORITY]]}
    rows = _rows(call, board.source)
    seeds = [str(seed) for seed in call.body.get("seeds", [])]
    reuses = call.body.get("reuse", True)
    columns = _columns(call)
    plan = stored_plan(board, rows=rows, columns=columns, seeds=seeds, is_reusing=reuses)
    expanded = new_cells(board, plan, named_inputs.resolver(call.user, board.project))
    _require_fitting(call, plan, expanded)
    _require_below(call, plan, expanded, board)
    Board.objects.filter(pk=board.pk).update(plan=board.plan)
    return reply(_send(call, plan, expanded, board).board, call)


@operation(
    "POST",
    "/boards/{board_id}/runs",
    scope="run",
    tag="boards",
    limit="run",
    parameters=[BOARD, KEY],
    body=Body("AgainOfBoard"),
    responses=[Response(200, "What was sent, and the board.", "BoardSent")],
    errors=[404, 409],
)
@once(_repeat)
def run_board_again(call: Call) -> Reply:
    """Run failed cells again, or send the cells that the cap held back."""
    board = _changeable(call)
    send = repeating.repeat_failed if call.body["what"] == "failed" else repeating.send_held
    with claimed(call) as answer:
        sending_result = send(call.user, board, is_program=True).require_any()
        outcome = {"message": sending_result.summary, "sent": sending_result.sent}
        answer |= {"board": str(board.pk), "said": outcome}
    return Reply(outcome | {"board": as_json(board, call)})


@operation(
    "POST",
    "/boards/{board_id}/cancellation",
    scope="run",
    tag="boards",
    parameters=[BOARD],
    responses=[Response(200, "What was cancelled, and the board.", "BoardSent")],
    errors=[404],
)
def stop_board(call: Call) -> Reply:
    """Cancel the runs that have not started; runs in progress finish.

    On somebody else's board, makers cancel their own runs, and managers cancel all of them.
    """
    board = find(call, call.values["board_id"])
    if board.user_id != call.user.pk:
        roles.require_maker(call.user, board.project)
    message = repeating.stop(board, call.user)
    return Reply({"message": message, "sent": 0, "board": as_json(board, call)})


def _changeable(call: Call) -> Board:
    """Return the board that the call names; raises Problem (404), and PermissionDenied.

    Members change it if they may make something in its project, staff only their own.
    """
    board = find(call, call.values["board_id"])
    roles.require_maker(call.user, board.project)
    return board


def _names(call: Call) -> NameResolver:
    """Return the resolver of references in the cells of a new board."""
    return named_inputs.resolver(call.user, call.reach.target)


def _plan(call: Call) -> Plan:
    """Return the plan in the body; raises Problem (404, 422)."""
    body = call.body
    columns = _columns(call)
    models = [column.endpoint for column in columns]
    _require_known_rows(call, models[0])
    rows = [_relative(row) for row in body["rows"]]
    post = {
        "model": [model.endpoint_id for model in models],
        "title": [db_safe_text(body.get("title", ""))],
        "table": [json.dumps(rows, ensure_ascii=False)],
        "seeds": [", ".join(str(seed) for seed in body.get("seeds", []))],
        "planned": ["1"],
    }
    post |= {"reuse": ["1"]} if body.get("reuse", True) else {}
    post |= {ALLOW_UNKNOWN: ["1"]} if body.get("allow_unknown", False) else {}
    post |= {PRIORITY: [body[PRIORITY]]} if PRIORITY in body else {}
    post |= {"cap": [f"{Decimal(str(body['cap_usd'])):f}"]} if "cap_usd" in body else {}
    # The plan's page also shows the settings that models do not share.
    group_post = groups.write(
        groups.groups_of(models[0], models), {}, [column.settings for column in columns]
    )
    plan = replace(read_plan(group_post | post, models, models[0]), columns=columns)
    plan.troubles.extend(missing_files(plan))
    _require_no_trouble(plan)
    return plan


def _rows(call: Call, source: Endpoint) -> list[PlannedRow]:
    """Return the rows of the body, converted to the board's source model; raises Problem (422)."""
    if not call.body.get("rows"):
        return []
    _require_known_rows(call, source)
    table = json.dumps(_relative(call.body["rows"]), ensure_ascii=False)
    post = {"model": [source.endpoint_id], "table": [table]}
    post |= {ALLOW_UNKNOWN: ["1"]} if call.body.get("allow_unknown", False) else {}
    plan = read_plan(post, [source], source)
    plan.troubles.extend(missing_files(plan))
    _require_no_trouble(plan)
    return plan.rows


def _require_no_trouble(plan: Plan) -> None:
    if plan.troubles:
        errors = [_error(trouble.where, trouble.message) for trouble in plan.troubles]
        raise Problem(422, plan.troubles[0].message, errors=errors)


def _error(part: str, message: str) -> dict[str, str]:
    place = _PLACES.get(part, "columns")
    return {"pointer": pointer([place]), "detail": message}


def _columns(call: Call) -> list[PlannedColumn]:
    """Return the columns of the body without duplicates; raises Problem (404)."""
    by_digest: dict[str, PlannedColumn] = {}
    for number, entry in enumerate(call.body.get("columns", [])):
        endpoint = find_endpoint(entry["endpoint_id"])
        settings = entry.get("settings", {})
        _require_known(call, endpoint, settings, "columns", str(number), "settings")
        column = column_of(endpoint, _relative(settings))
        by_digest.setdefault(column.digest, column)
    return [column._replace(model=number) for number, column in enumerate(by_digest.values())]


def _require_known(call: Call, endpoint: Endpoint, arguments: Any, *place: str) -> None:
    """Raise Problem (422) for fields that the model's schema does not name, unless allowed."""
    if call.body.get("allow_unknown", False):
        return
    _refuse_unknown(unknown_keys(version_of(endpoint).contract, arguments), *place)


def _require_known_rows(call: Call, source: Endpoint) -> None:
    """Raise Problem (422) as `_require_known`, for fields within the values of rows.

    A row's own names may be those of any column's model; the plan refuses others.
    """
    rows = [] if call.body.get("allow_unknown", False) else call.body["rows"]
    for number, row in enumerate(rows):
        unknown = unknown_keys(version_of(source).contract, row)
        _refuse_unknown(
            [problem for problem in unknown if len(problem.path) > 1], "rows", str(number)
        )


def _refuse_unknown(unknown: Sequence[schemas.Problem], *place: str) -> None:
    if unknown:
        errors = [
            {"pointer": pointer(problem.path, *place), "detail": problem.message}
            for problem in unknown
        ]
        raise Problem(422, errors[0]["detail"], slug="invalid-arguments", errors=errors)


def _relative(value: Any) -> Any:
    """Return input values in the form of rows: our files as paths, texts without NUL."""
    return tidy_addresses(db_safe(value))


def _require_fitting(call: Call, plan: Plan, expanded: ExpandedPlan) -> None:
    """Raise Problem (422) if nothing fits, or not everything and `partial` is not set."""
    bad = [(n, report) for n, report in enumerate(expanded.reports) if not report.is_fine]
    if (expanded.cells and not expanded.fitting) or (bad and not call.body.get("partial", False)):
        errors = [
            {
                "pointer": pointer(["columns", n]),
                "detail": f"{report.column.endpoint.endpoint_id}: {report.trouble}",
            }
            for n, report in bad
        ]
        message = errors[0]["detail"] if errors else "Nothing of this plan can run."
        raise Problem(422, f"{message} Nothing was sent.", errors=errors)


def _require_below(call: Call, plan: Plan, expanded: ExpandedPlan, board: Board | None) -> None:
    """Raise Problem (409) unless all that would be sent is known to cost at most `max_cost`."""
    if "max_cost" in call.body:
        total = pricing.price(call.user, plan, expanded, board, call.reach.target).total
        runs.require_below(Decimal(str(call.body["max_cost"])), total or NOTHING)


def _send(call: Call, plan: Plan, full: ExpandedPlan, board: Board | None) -> sending.SendingResult:
    token = f"api-{secrets.token_urlsafe(16)}"
    try:
        with claimed(call) as answer:
            sending_result = sending.run_plan(
                call.user,
                plan,
                full,
                token,
                board=board,
                project=call.reach.target,
                is_program=True,
            )
            answer["board"] = str(sending_result.board.pk)
            return sending_result.require_any()
    except sending.TooLarge as refusal:
        raise Problem(422, str(refusal)) from refusal
