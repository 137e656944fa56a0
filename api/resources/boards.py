"""Boards: list and read them, with the runs in their cells."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from api.contract.operation import Call, Parameter, Reply, Response, operation
from api.http.problem import Problem
from api.representation import moments
from api.resources.changes import read_moment
from api.resources.parameters import CURSOR, IN_PROJECT, LIMIT, as_uuid, take_page
from api.resources.runs import WAIT
from api.wait import BOARDS, HEADER
from features.boards.models import Board, Cell, Column
from features.boards.runs.visibility import withhold_unreadable
from runs.models import Run
from runs.models.querysets import heavy_columns

BOARD = Parameter(
    "board_id", {"type": "string", "format": "uuid"}, "the board", where="path", converter="uuid"
)


def card(board: Board, call: Call) -> dict[str, Any]:
    """Return a `BoardCard`; its source should be loaded."""
    return {
        "id": str(board.pk),
        "title": board.title,
        "source": board.source.endpoint_id,
        "created_at": moments.as_text(board.created_at),
        "project": call.reach.key_of(board),
        "url": call.absolute(board.get_absolute_url()),
    }


@operation(
    "GET",
    "/boards",
    scope="read",
    tag="boards",
    parameters=[IN_PROJECT, LIMIT, CURSOR],
    responses=[Response(200, "Boards, the newest first.", "BoardPage")],
)
def list_boards(call: Call) -> Reply:
    """List the boards of your projects; with permission to see everybody's runs, all boards."""
    values = call.values
    rows = call.reach.listed_rows(Board.objects.kept().open_to(call.user)).select_related("source")
    rows = rows.order_by("-created_at", "-pk")
    if values["cursor"]:
        at, key = read_moment(values["cursor"], str)
        rows = rows.filter(Q(created_at__lt=at) | Q(created_at=at, pk__lt=as_uuid(str(key))))
    boards = list(rows[: values["limit"] + 1])

    def mark(board: Board) -> tuple[str, str]:
        return board.created_at.isoformat(), str(board.pk)

    return Reply(take_page(boards, values["limit"], lambda board: card(board, call), mark))


@operation(
    "GET",
    "/boards/{board_id}",
    scope="read",
    tag="boards",
    parameters=[BOARD, WAIT],
    responses=[Response(200, "The board: columns, rows and cells.", "Board")],
    errors=[404],
)
def get_board(call: Call) -> Reply:
    """Read a board: models, inputs, and each cell's run; `wait` until its runs have ended."""
    return reply(find(call, call.values["board_id"]), call)


def find(call: Call, pk: Any) -> Board:
    """Return a board that the call sees; raises Problem (404)."""
    boards = call.reach.visible_rows(Board.objects.kept().open_to(call.user))
    board = boards.select_related("source", "user", "project").filter(pk=pk).first()
    if board is None:
        raise Problem(404, "There is no such board, or it is somebody else's.")
    return board


def reply(board: Board, call: Call, status: int = 200) -> Reply:
    """Return the board; a header makes `api.wait` hold the response until its runs have ended."""
    body, address = as_json(board, call), f"{BOARDS}/{board.pk}"
    headers = {"Location": address} if status == 201 else {}
    if call.values.get("wait") and not body["is_final"]:
        headers[HEADER] = f"{board.pk} {call.values['wait']} {address}"
    return Reply(body, status, headers)


def as_json(board: Board, call: Call) -> dict[str, Any]:
    """Return a `Board`; its source should be loaded. Three queries, four with others' runs."""
    columns = list(board.columns.select_related("endpoint"))
    rows = list(board.rows.all())
    row_places = {row.pk: place for place, row in enumerate(rows)}
    column_places = {column.pk: place for place, column in enumerate(columns)}
    cells = board.cells.filter(replaced_at=None).select_related("run")
    cells = cells.defer(*heavy_columns("run__"))
    withhold_unreadable(board, cells)
    items = [_cell(cell, row_places[cell.row_id], column_places[cell.column_id]) for cell in cells]
    return card(board, call) | {
        "is_final": all(cell["state"] is None or cell["state"] in Run.FINAL for cell in items),
        "columns": [_column(column) for column in columns],
        "rows": [{"label": row.label, "values": row.values} for row in rows],
        "cells": items,
    }


def _column(column: Column) -> dict[str, Any]:
    endpoint_id = column.endpoint.endpoint_id
    return {"endpoint_id": endpoint_id, "label": column.label, "settings": column.settings}


def _cell(cell: Cell, row: int, column: int) -> dict[str, Any]:
    run = cell.run if cell.run and cell.run.deleted_at is None else None
    return {
        "row": row,
        "column": column,
        "seed": cell.seed,
        "run_id": str(run.pk) if run else None,
        "state": run.state if run else None,
        "not_sent": cell.not_sent,
    }
