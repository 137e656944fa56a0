"""Series as pages show them: each result or upload with its picture, missing ones as gaps."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Case, Count, F, OuterRef, Q, Subquery, Value, When

from core.formatting import shorten
from features.library.models import Series, SeriesItem
from features.library.selection import ResultKey
from features.library.series import items
from playground.display import wall
from runs.file_kinds import kind_named
from runs.files import uploads
from runs.models import Artifact, Run, Upload

if TYPE_CHECKING:
    import uuid

    from django.contrib.auth.models import User

    from features.library.models.series import SeriesQuerySet


MAX_NAME_CHARS = 80
MAX_SHOWN = 500  # items of a page; a series that was a tag may have more


class Tile(NamedTuple):
    """What stands on a tile: addresses of a still and of a film that plays, and words."""

    still: str = ""
    label: str = ""
    clip: str = ""
    word: str = ""


@dataclass(frozen=True)
class SeriesItemView:
    """An item of a series: a result (`stack`, and `piece` if it has a file), or an upload.

    Both are None if it is gone, or the reader may not see it.
    """

    item: SeriesItem
    stack: wall.Stack | None = None
    piece: wall.Piece | None = None
    upload: Upload | None = None

    @property
    def is_gap(self) -> bool:
        """Whether it is gone, or the reader may not see it."""
        return self.stack is None and self.upload is None

    @property
    def key(self) -> str:
        """Return its key in a selection, and in the viewer of results; empty for an upload."""
        if self.item.run_id is None:
            return ""
        return str(ResultKey(self.item.run_id, self.item.position))

    @property
    def address(self) -> str:
        """Return the address of the page or the file that its tile opens."""
        if self.upload:
            return self.upload.get_absolute_url()
        return self.stack.run.get_absolute_url() if self.stack else ""

    @cached_property
    def artifact(self) -> Artifact | None:
        """Return its file; None for a text, and for a gap."""
        if self.upload:
            return uploads.as_artifact(self.upload)
        return self.piece.artifact if self.piece else None

    @property
    def shape(self) -> int:
        """Return the shape of its tile."""
        if self.artifact:
            return wall.shape_of(self.artifact)
        return self.stack.shape if self.stack else wall.GAP_SHAPE

    @property
    def kind(self) -> str:
        """Return the kind of its file; `text` without one."""
        return self.artifact.kind if self.artifact else "text"

    @property
    def tile(self) -> Tile:
        """Return what stands on its tile."""
        if self.piece:
            piece = self.piece
            return Tile(piece.still, piece.label, piece.clip, piece.word)
        file = self.artifact
        if not (self.upload and file):
            return Tile()
        src, kind = self.upload.get_absolute_url(), kind_named(file.kind)
        return Tile(
            still=uploads.still_of(self.upload),
            label=self.upload.file_name,
            clip=src if kind.is_moving else "",
            word=kind.label,
        )

    @property
    def text(self) -> str:
        """Return what stands on its tile without a picture."""
        if self.piece or self.stack is None:
            return shorten(self.name, MAX_NAME_CHARS)
        return self.stack.text or self.name

    @property
    def name(self) -> str:
        """Return its title; empty for a gap."""
        if self.upload:
            return self.item.file_name or self.upload.file_name
        return self.stack.run.title or self.stack.run.endpoint.name if self.stack else ""


@dataclass(frozen=True)
class Card:
    """A series in a list, with its cover if there is one."""

    series: Series
    number: int  # of its items that the reader sees
    cover: SeriesItemView | None


def contents_of(user: User, series: Series) -> list[SeriesItemView]:
    """Return the items of a series in order, at most MAX_SHOWN; at most six queries."""
    return _describe_items(user, list(items.items_of(series)[:MAX_SHOWN]))


def cards(user: User, series: SeriesQuerySet) -> list[Card]:
    """Return series as a list shows them; at most eight queries."""
    readable_runs = Run.objects.readable_by(user).order_by().values("pk")
    readable_uploads = Upload.objects.kept().shown_to(user).order_by().values("pk")
    is_readable = Q(run__in=readable_runs) | Q(upload__in=readable_uploads)
    rows = items.present().filter(is_readable, series=OuterRef("pk"))
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
    run_keys = {row.run_id for row in rows if row.run_id}
    upload_keys = [row.upload_id for row in rows if row.upload_id]
    readable = Run.objects.readable_by(user).filter(pk__in=run_keys)
    run_stacks = wall.stacks(user, list(readable.recent().select_related("user")))
    stacks = {stack.run.pk: stack for stack in run_stacks}
    files = Upload.objects.kept().shown_to(user).in_bulk(upload_keys) if upload_keys else {}
    return [_describe(row, stacks, files) for row in rows]


def _describe(
    row: SeriesItem, stacks: dict[uuid.UUID, wall.Stack], files: dict[uuid.UUID, Upload]
) -> SeriesItemView:
    if row.upload_id:
        return SeriesItemView(row, upload=files.get(row.upload_id))
    stack = stacks.get(row.run_id) if row.run_id else None
    if stack is None or (not stack.pieces and row.position):
        return SeriesItemView(row)
    piece = next((piece for piece in stack.pieces if piece.artifact.position == row.position), None)
    is_gone = bool(stack.pieces) and piece is None
    return SeriesItemView(row) if is_gone else SeriesItemView(row, stack, piece)
