"""What blind votes add to the record of models: a vote for both models, and a win for one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from features.boards.models import Cell, Vote
from runs.records import counting


def votes_on(endpoint_id: int) -> dict[int, tuple[int, int]]:
    """Return by project the votes between this model and others, and twice its wins.

    Two columns of one model say nothing, and votes that were reset or of deleted boards are out.
    """
    rows = Vote.objects.counted().filter(board__deleted_at=None)
    votes: Counter[int] = Counter()
    half_wins: Counter[int] = Counter()
    of_model = rows.filter(first__column__endpoint=endpoint_id) | rows.filter(
        second__column__endpoint=endpoint_id
    )
    columns = (f"{cell}__column__endpoint_id" for cell in ("first", "second", "winner"))
    for project, first, second, winner in of_model.values_list("board__project_id", *columns):
        if first != second:
            votes[project] += 1
            half_wins[project] += 1 if winner is None else 2 * (winner == endpoint_id)
    return {project: (number, half_wins[project]) for project, number in votes.items()}


def touch(cells: Iterable[Cell]) -> None:
    """Let the votes between cells, or which of them won, be counted again.

    Votes on runs that are purged by now are counted again at night.
    """
    counting.touch(cell.run_id for cell in cells if cell.run_id)
