"""Exports every vote of a board as a table."""

from __future__ import annotations

from boards.models import Board
from boards.votes.rankings import column_names
from runs.results import csv_text

HEADER = ("row", "input", "seed", "first", "second", "winner", "voter", "at")


def votes_table(board: Board) -> str:
    """Return the counted votes as CSV, in order; a tie has no winner. Two queries."""
    columns = column_names(board.columns.select_related("endpoint"))
    votes = board.votes.counted().select_related("first__row", "second", "voter")
    lines = []
    for vote in votes:
        names = {cell.pk: columns[cell.column_id] for cell in (vote.first, vote.second)}
        row = vote.first.row
        lines.append(
            [
                row.position + 1, row.label, vote.first.seed, names[vote.first_id],
                names[vote.second_id], names.get(vote.winner_id or 0, ""),
                vote.voter_name, vote.created_at.isoformat(timespec="seconds"),
            ]
        )  # fmt: skip
    return csv_text.write(HEADER, lines)
