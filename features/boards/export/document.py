"""Exports a board as a JSON document, which another Vitrine can import as a plan."""

from __future__ import annotations

import json
from typing import Any

from django.utils import timezone

from features.boards.export.contents import (
    Absolute,
    Contents,
    addresses_of,
    cost_of,
    mark_of,
    run_of,
    seconds_of,
)
from features.boards.models import Cell, Row
from features.boards.votes.rankings import RankedColumn, Ranking

FORMAT, VERSION = "vitrine-board", 1


def board_document(contents: Contents, ranking: Ranking, absolute: Absolute) -> str:
    """Return the board as JSON: its plan, columns and rows, and the outcome of each cell."""
    board = contents.board
    scores = {ranked.column.pk: ranked for ranked in ranking.columns}
    places = {column.pk: place for place, column in enumerate(contents.columns)}
    rows = {row.pk: place for place, row in enumerate(contents.rows)}
    document = {
        "format": FORMAT,
        "version": VERSION,
        "title": board.title,
        "address": absolute(board.get_absolute_url()),
        "exported_at": timezone.now().isoformat(timespec="seconds"),
        "source": board.source.endpoint_id,
        "cap_usd": _number(board.cap_usd),
        "plan": board.plan,
        "columns": [
            {
                "model": column.endpoint.endpoint_id,
                "label": column.label,
                "settings": column.settings,
                "votes": _votes(scores[column.pk]),
            }
            for column in contents.columns
        ],
        "rows": [_row(contents, row, places) for row in contents.rows],
        "cells": [
            _cell(contents, cell, absolute)
            | {"row": rows[cell.row_id], "column": places[cell.column_id]}
            for cell in contents.cells
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=1)


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _votes(ranked: RankedColumn) -> dict[str, Any]:
    return {
        "won": ranked.wins,
        "lost": ranked.losses,
        "ties": ranked.ties,
        "score": ranked.score if ranked.votes else None,
        "interval": [ranked.low, ranked.high] if ranked.votes else None,
    }


def _row(contents: Contents, row: Row, places: dict[int, int]) -> dict[str, Any]:
    mark = contents.row_mark(row)
    return {
        "label": row.label,
        "values": row.values,
        "winner": places.get(mark.winner_id) if mark and mark.winner_id else None,
        "tags": mark.tags if mark else [],
    }


def _cell(contents: Contents, cell: Cell, absolute: Absolute) -> dict[str, Any]:
    run, mark, cost = run_of(cell), mark_of(cell), cost_of(cell)
    return {
        "seed": cell.seed,
        "state": run.state if run else None,
        "not_sent": cell.not_sent or None,
        "arguments": run.arguments if run else None,
        "seconds": seconds_of(cell),
        "price": _number(cost.amount) if cost else None,
        "price_kind": cost.kind if cost else None,
        "run": absolute(run.get_absolute_url()) if run else None,
        "files": addresses_of(cell, absolute),
        "text": contents.texts.get(cell.run_id) or None,
        "stars": mark.stars or None if mark else None,
        "verdict": mark.verdict or None if mark else None,
        "note": mark.note or None if mark else None,
        "tags": mark.tags if mark else [],
    }
