"""The columns of boards that use a model, and the columns that take their place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Prefetch

from catalog.models import Endpoint
from features.boards.models import Board, Cell, Column
from features.boards.plan.from_board import column_of
from features.boards.plan.plan import MAX_CELLS
from features.boards.runs.locking import lock
from features.boards.runs.sending import MAX_STEPS
from runs.promises.dependants import Dependants, Outcome, Replacing


class BoardColumns(Dependants):
    """Columns; results stay, so another model gets its own, whose cells are not sent yet."""

    name, label, model = "column", "Board", Board

    def rows(self, endpoint: Endpoint, target: Endpoint | None) -> Any:
        columns = Column.objects.filter(endpoint=endpoint)
        boards = Board.objects.kept().filter(pk__in=columns.values("board"))
        if target:
            replaced = Column.objects.filter(endpoint=target).values("board")
            boards = boards.exclude(pk__in=replaced)
        return boards.prefetch_related(Prefetch("columns", columns, to_attr="using"))

    def parts(self, row: Any, endpoint: Endpoint) -> Iterable[tuple[str, str]]:
        title = row.title or "Untitled"
        return [
            (str(column.pk), f"{title}, {column.label}" if column.label else title)
            for column in row.using
        ]

    def outcome(self, row: Any, part: str, replacing: Replacing) -> Outcome:
        column = next(column for column in row.using if str(column.pk) == part)
        return Outcome.of_carried(replacing.carry(column.settings))

    def replace(self, row: Any, part: str, replacing: Replacing) -> int | None:
        board = lock(row.pk)
        former = next(column for column in row.using if str(column.pk) == part)
        cells = board.cells.filter(replaced_at=None)
        places = list(cells.filter(column=former).values_list("row_id", "seed"))
        carried = replacing.carry(former.settings)
        planned = column_of(replacing.target, carried.arguments, former.label)
        if len(places) + cells.count() > MAX_CELLS:
            return None
        last = board.columns.order_by("position").last()
        column, is_new = Column.objects.get_or_create(
            board=board,
            digest=planned.digest,
            defaults={
                "position": last.position + 1 if last else 0,
                "endpoint": replacing.target,
                "label": planned.label,
                "settings": planned.settings,
                "steps": [[step.kind, step.sentence] for step in carried.steps[:MAX_STEPS]],
            },
        )
        if not is_new:
            return None
        why = f"Takes the place of {replacing.source.name}; not run yet."[:500]
        Cell.objects.bulk_create(
            Cell(board=board, row_id=of, column=column, seed=seed, not_sent=why)
            for of, seed in places
        )
        return column.pk

    def restore(self, row: Any, state: Any) -> bool:
        column = row.columns.filter(pk=state).first()
        if column is None or column.cells.filter(run__isnull=False).exists():
            return False
        column.delete()
        return True
