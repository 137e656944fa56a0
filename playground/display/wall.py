"""The wall: results of many runs as tiles in rows of equal height, grouped by day.

The shape of a tile is one of `SHAPES`. The stylesheet has their widths, so that a page needs no
script to lay tiles out, and nothing moves when pictures arrive.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from core.byte_cache import ByteCache
from core.formatting import shorten
from playground.display import history, placeholder_size, renderers
from projects import current
from runs.costs import known_costs
from runs.file_kinds import LANDSCAPE, SQUARE, kind_named
from runs.files import artifact_urls
from runs.models import Artifact, Run
from runs.progress import watch_tokens
from runs.results import excerpts

LATEST = 12  # runs of the front page's strip
NOT_SHOWN = (Run.State.FAILED, Run.State.CANCELLED)  # the list has them
SHAPES = (50, 56, 67, 75, 80, 100, 125, 133, 150, 178, 200, 240, 300)  # width in % of the height
NO_TEXT = excerpts.Excerpt()
GAP_SHAPE = SQUARE  # of what is not there any more
MAX_ALT_CHARS = 120


_STACKS: ByteCache[SafeString] = ByteCache("stacks", 4 << 20, len)


@dataclass(frozen=True)
class Piece:
    """One file of a result, as a tile."""

    shown: renderers.ArtifactView
    shape: int
    place: str = ""  # in a stack: `1 of 3`

    @property
    def artifact(self) -> Artifact:
        """Return the file."""
        return self.shown.artifact

    @property
    def key(self) -> str:
        """Return its name in a selection: `<run uuid>/<position>`."""
        return f"{self.artifact.run_id}/{self.artifact.position}"

    @property
    def still(self) -> str:
        """Return the address of its picture; empty without one."""
        return artifact_urls.thumbnail_url(self.artifact, self.shown.src)

    @property
    def word(self) -> str:
        """Return what it is, for a tile without a picture, with the size that may be the reason."""
        label, file = kind_named(self.artifact.kind).label, self.artifact
        return f"{label}, {file.width} × {file.height}" if file.width else label

    @property
    def label(self) -> str:
        """Return what its picture shows."""
        return ", ".join(filter(None, (shorten(self.shown.alt, MAX_ALT_CHARS), self.place)))

    @property
    def clip(self) -> str:
        """Return the address of a film, which plays under the pointer; empty of other files."""
        return self.shown.src if kind_named(self.artifact.kind).is_moving else ""


@dataclass(frozen=True)
class Stack:
    """A run on the wall: its files, or one tile with its text or state, or covered."""

    row: history.Row
    pieces: Sequence[Piece]
    text: str
    shape: int  # of the only tile of a run without files
    cost: str

    @property
    def run(self) -> Run:
        """Return the run."""
        return self.row.run

    @property
    def html(self) -> SafeString:
        """The markup; for an ended run cached by everything that it shows."""
        run, row = self.run, self.row
        files = tuple(
            (piece.still, piece.shown.src, piece.artifact.is_starred) for piece in self.pieces
        )
        key = run.pk, run.version, self.cost, row.by, row.may_delete, row.is_covered, files
        markup: SafeString | None = _STACKS.get(key)
        if markup is None:
            markup = render_to_string("playground/wall/_stack.html", {"stack": self})
            if run.is_final:
                _STACKS.put(key, markup)
        return markup

    @property
    def count(self) -> int:
        """Return the number of files in the stack; 0 if there are fewer than two."""
        return len(self.pieces) if len(self.pieces) > 1 else 0


def stacks(user: User | AnonymousUser, runs: Sequence[Run]) -> list[Stack]:
    """Return runs as the wall shows them to a user, in their order; at most four queries."""
    covered = Run.objects.covered_among(user, runs)
    viewer = watch_tokens.Viewer(user)
    shown_runs = [run for run in runs if run.pk not in covered]
    texts = excerpts.excerpts_of(shown_runs)
    placeholder_size.load_arguments(run for run in shown_runs if not run.is_final)
    return [
        _covered(run, viewer.view_of(run, "wall"))
        if run.pk in covered
        else _stack(run, viewer.view_of(run, "wall"), texts.get(run.pk, NO_TEXT))
        for run in runs
    ]


def stack(run: Run, view: str = "wall") -> Stack:
    """Return a run for the wall; its artifacts should be loaded."""
    placeholder_size.load_arguments([] if run.is_final else [run])
    return _stack(run, view, excerpts.excerpts_of([run]).get(run.pk, NO_TEXT))


def _stack(run: Run, view: str, excerpt: excerpts.Excerpt) -> Stack:
    row = history.row(run, view)
    results = renderers.artifacts_with_urls(run) if run.state == Run.State.SUCCEEDED else []
    count = len(results)
    pieces = [
        Piece(file, shape_of(file.artifact), f"{place} of {count}" if count > 1 else "")
        for place, file in enumerate(results, start=1)
    ]
    text, shape = "", SQUARE
    if run.state == Run.State.SUCCEEDED and not pieces:
        text = excerpt.first_text or excerpt.json_excerpt
    elif not run.is_final and (size := placeholder_size.size_of(run)):
        shape = nearest_shape(*size)
    return Stack(row, pieces, text, shape, known_costs.briefly(run))


def latest(request: HttpRequest) -> list[Stack]:
    """Return the newest results of the request's project; one query if there are none."""
    runs = current.rows_in_scope(Run.objects.kept(), request).exclude(state__in=NOT_SHOWN)
    newest = runs.load_recent(LATEST)
    return stacks(request.user, newest) if newest else []


def nearest_shape(width: int, height: int) -> int:
    """Return the shape whose ratio is nearest to that of a size in pixels."""
    ratio = log(max(width, 1) / max(height, 1) * 100)
    return min(SHAPES, key=lambda shape: abs(log(shape) - ratio))


def shape_of(artifact: Artifact) -> int:
    """Return the shape of a file's tile: by its size, else by its kind."""
    if artifact.width and artifact.height:
        return nearest_shape(artifact.width, artifact.height)
    return kind_named(artifact.kind).shape


def _covered(run: Run, view: str) -> Stack:
    return Stack(history.covered_row(run, view), [], "", LANDSCAPE, known_costs.briefly(run))
