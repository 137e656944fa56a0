"""Exports a board and its votes as tables: one line for each run, and one for each vote."""

from __future__ import annotations

import json
from collections.abc import Iterator

from features.boards.export.contents import (
    Absolute,
    Contents,
    addresses_of,
    cost_of,
    files_of,
    mark_of,
    run_of,
    seconds_of,
)
from features.boards.models import Board, Cell
from features.boards.plan.rows import with_named_files
from features.boards.votes.rankings import RankedColumn, Ranking, column_names
from runs.results import csv_text

FACTS = (
    *("column", "model", "variant", "settings", "seed", "state", "reused", "seconds"),
    *("model seconds", "price", "currency", "price kind", "stars", "verdict", "note", "tags"),
    *("row winner", "votes won", "votes lost", "ties", "score", "run", "files", "text", "why not"),
)
HEADER = ("row", "input", "seed", "first", "second", "winner", "voter", "at")


def board_table(contents: Contents, ranking: Ranking, absolute: Absolute) -> str:
    """Return the board as CSV: inputs, settings, times, prices, scores and addresses."""
    values = (with_named_files(row.values) for row in contents.rows)
    names = [*dict.fromkeys(name for row in values for name in row)]
    header = ["row", "input", *(f"input {name}" for name in names), *FACTS]
    scores = {ranked.column.pk: ranked for ranked in ranking.columns}
    return csv_text.write(header, _lines(contents, names, scores, absolute))


def _lines(
    contents: Contents, names: list[str], scores: dict[int, RankedColumn], absolute: Absolute
) -> Iterator[list[object]]:
    for number, row in enumerate(contents.rows, start=1):
        mark = contents.row_mark(row)
        values = with_named_files(row.values)
        for cell in contents.cells_of(row):
            place = contents.columns.index(cell.column) + 1
            inputs = [_as_text(values.get(name)) for name in names]
            is_winner = mark is not None and mark.winner_id == cell.column_id
            facts = _facts(cell, scores[cell.column_id], absolute)
            text = contents.texts.get(cell.run_id, "")
            won = "yes" if is_winner else ""
            line = [place, *facts[:15], won, *facts[15:], text, cell.not_sent]
            yield [number, row.label, *inputs, *line]


def _facts(cell: Cell, ranked: RankedColumn, absolute: Absolute) -> list[object]:
    run, mark = run_of(cell), mark_of(cell)
    endpoint = cell.column.endpoint
    cost = cost_of(cell)
    return [
        endpoint.endpoint_id,
        cell.column.label,
        _as_text(cell.column.settings) if cell.column.settings else "",
        cell.seed,
        run.state if run else "",
        "yes" if cell.is_reused else "",
        seconds_of(cell),
        run.inference_s if run else None,
        cost.amount if cost else None,
        "USD" if cost else "",
        cost.kind if cost else "",
        mark.stars or "" if mark else "",
        mark.verdict if mark else "",
        mark.note if mark else "",
        ", ".join(mark.tags) if mark else "",
        ranked.wins,
        ranked.losses,
        ranked.ties,
        ranked.score if ranked.votes else "",
        absolute(run.get_absolute_url()) if run else "",
        " ".join(addresses_of(cell, absolute)) if files_of(cell) else "",
    ]


def _as_text(value: object) -> object:
    is_nested = isinstance(value, dict | list | bool)
    return json.dumps(value, ensure_ascii=False) if is_nested else value


def votes_table(board: Board) -> str:
    """Return the counted votes as CSV, in order; a tie has no winner. Two queries."""
    columns = column_names(board.columns.named())
    votes = board.votes.counted().select_related("first__row", "second", "voter")
    lines = []
    for vote in votes:
        names = {cell.pk: columns[cell.column_id] for cell in (vote.first, vote.second)}
        row = vote.first.row
        lines.append(
            [
                row.position + 1,
                row.label,
                vote.first.seed,
                names[vote.first_id],
                names[vote.second_id],
                names.get(vote.winner_id or 0, ""),
                vote.voter_name,
                vote.created_at.isoformat(timespec="seconds"),
            ]
        )
    return csv_text.write(HEADER, lines)
