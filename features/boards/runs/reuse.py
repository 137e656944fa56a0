"""Finds earlier runs whose results a cell can show instead of paying for an equal run."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from features.boards.plan.cells import PlannedCell
from features.boards.plan.plan import digest
from runs.models import Run
from runs.start import starting

if TYPE_CHECKING:
    from features.boards.models import Board

MAX_LOOKED_AT = 4000  # the newest runs of the same models with the same titles


class Key(NamedTuple):
    """The properties that equal runs share: endpoint, schema version, and arguments with seed."""

    endpoint: int
    schema: str
    arguments: str


def key_of(cell: PlannedCell) -> Key:
    """Return the key of a cell's run."""
    return Key(cell.endpoint.pk, cell.endpoint.schema_id or "", digest(cell.arguments))


def find(board: Board, cells: Sequence[PlannedCell]) -> dict[Key, list[uuid.UUID]]:
    """Return the succeeded runs with these keys, newest first. One query.

    Everybody who sees the board may read them: runs of its project, and examples.
    """
    keys = {key_of(cell) for cell in cells}
    titles = {starting.title(cell.arguments) for cell in cells}
    runs = (
        Run.objects.readable_with(board)
        .filter(
            state=Run.State.SUCCEEDED,
            endpoint_id__in={key.endpoint for key in keys},
            title__in=titles,
        )
        .order_by("-created_at")
        .values_list("pk", "endpoint_id", "schema_id", "arguments")[:MAX_LOOKED_AT]
    )
    by_key: dict[Key, list[uuid.UUID]] = {}
    for pk, endpoint, schema, arguments in runs:
        key = Key(endpoint, schema or "", digest(arguments))
        if key in keys:
            by_key.setdefault(key, []).append(pk)
    return by_key
