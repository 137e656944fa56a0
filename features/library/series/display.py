"""Series as pages show them: each result with its picture, and missing results as gaps."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Case, Count, F, OuterRef, Subquery, Value, When

from core.db.name_order import by_name
from core.formatting import shorten
from features.library.models import Series, SeriesItem
from features.library.selection import ResultKey
from features.library.series import items
from playground.display import wall
from runs.models import Run

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from features.library.models.series import SeriesQuerySet


MAX_NAME_CHARS = 80
MAX_SHOWN = 500  # results of a page; a series that was a tag may have more


@dataclass(frozen=True)
class SeriesItemView:
    """A result of a series; `stack` is None if it is gone or the reader may not see it.

    `piece` is its file; None if the run has no files.
    """

    item: SeriesItem
    stack: wall.Stack | None = None
    piece: wall.Piece | None = None

    @property
    def key(self) -> ResultKey:
        """Return its key in a selection."""
        return ResultKey(self.item.run_id, self.item.position)

    @property
    def shape(self) -> int:
        """Return the shape of its tile."""
        if self.stack is None:
            return wall.GAP_SHAPE
        return self.piece.shape if self.piece else self.stack.shape

    @property
    def kind(self) -> str:
        """Return the kind of its file; `text` without one."""
        return self.piece.artifact.kind if self.piece else "text"

    @property
    def text(self) -> str:
        """Return what stands on its tile without a picture."""
        if self.piece or self.stack is None:
            return shorten(self.name, MAX_NAME_CHARS)
        return self.stack.text or self.name

    @property
    def name(self) -> str:
        """Return its title; empty for a gap."""
        return self.stack.run.title or self.stack.run.endpoint.name if self.stack else ""


@dataclass(frozen=True)
class Card:
    """A series in a list, with its cover if there is one."""

    series: Series
    number: int  # of its results that the reader sees
    cover: SeriesItemView | None


def results_of(user: User, series: Series) -> list[SeriesItemView]:
    """Return the results of a series in order, at most MAX_SHOWN; at most five queries."""
    return _describe_items(user, list(items.items_of(series)[:MAX_SHOWN]))


def of_results(user: User, run: Run) -> dict[int, list[Series]]:
    """Return the series, visible to the user, of each result of a run, by position; one query."""
    visible_series = Series.objects.kept().shown_to(user).values("pk")
    rows = SeriesItem.objects.filter(run=run.pk, series__in=visible_series, removed_at=None)
    by_position: defaultdict[int, list[Series]] = defaultdict(list)
    for item in rows.select_related("series__project").order_by(by_name("series__name")):
        by_position[item.position].append(item.series)
    return dict(by_position)


def cards(user: User, series: SeriesQuerySet) -> list[Card]:
    """Return series as a list shows them; at most seven queries."""
    readable = Run.objects.readable_by(user).order_by().values("pk")
    rows = SeriesItem.objects.filter(series=OuterRef("pk"), removed_at=None, run__in=readable)
    is_cover = Case(When(series__cover=F("pk"), then=Value(0)), default=Value(1))
    numbers = rows.order_by().values("series").annotate(number=Count("pk"))
    first = rows.order_by(is_cover, "place").values("pk")[:1]
    annotated = series.annotate(number=Subquery(numbers.values("number")), first=Subquery(first))
    figures = {
        pk: (number or 0, item)
        for pk, number, item in annotated.order_by().values_list("pk", "number", "first")
    }
    covers = SeriesItem.objects.filter(pk__in=[item for _, item in figures.values() if item])
    by_series = {view.item.series_id: view for view in _describe_items(user, list(covers))}
    return [
        Card(row, figures[row.pk][0], by_series.get(row.pk))
        for row in series.select_related("project", "user")
    ]


def _describe_items(user: User, rows: list[SeriesItem]) -> list[SeriesItemView]:
    readable = Run.objects.readable_by(user).filter(pk__in={row.run_id for row in rows})
    run_stacks = wall.stacks(user, list(readable.recent().select_related("user")))
    stacks = {stack.run.pk: stack for stack in run_stacks}
    return [_one(row, stacks.get(row.run_id)) for row in rows]


def _one(row: SeriesItem, stack: wall.Stack | None) -> SeriesItemView:
    if stack is None or (not stack.pieces and row.position):
        return SeriesItemView(row)
    piece = next((piece for piece in stack.pieces if piece.artifact.position == row.position), None)
    return (
        SeriesItemView(row) if stack.pieces and piece is None else SeriesItemView(row, stack, piece)
    )
