"""A run as a tile of a grid: its first picture, audio or text, its state, duration and cost."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from core.byte_cache import ByteCache
from playground.display import history, renderers
from runs.costs import known_costs
from runs.file_kinds import kind_named
from runs.models import Artifact, Run
from runs.progress import watch_tokens
from runs.results import excerpts

_TILE_CACHE: ByteCache[SafeString] = ByteCache("tiles", 1 << 20, len)


@dataclass(frozen=True)
class Tile:
    """A run and what a tile shows of it."""

    row: history.Row
    cost: str
    text: str
    sound: renderers.ArtifactView | None
    others: int  # files besides the one that is shown
    copies: str = ""  # the token to watch files whose copies bring a still picture
    group: str = ""  # the token of the group that the page watches, if it is in one

    @property
    def run(self) -> Run:
        """The run itself."""
        return self.row.run

    @property
    def html(self) -> SafeString:
        """The tile's markup; cached for an ended run, which changes with its version or cost."""
        run = self.run
        key = run.pk, run.version, self.cost
        markup: SafeString | None = _TILE_CACHE.get(key)
        if markup is None:
            markup = render_to_string("playground/partials/_run_tile.html", {"tile": self})
            if run.is_final and not self.copies:
                _TILE_CACHE.put(key, markup)
        return markup

    @property
    def watch(self) -> str:
        """What the page's poll sends for the run, as JSON; empty once the run has ended."""
        return self.group if self.row.watch and self.group else self.row.watch


def tiles_of(runs: Iterable[Run]) -> list[Tile]:
    """Return the tiles of runs; their artifacts should be prefetched."""
    runs = list(runs)
    texts = excerpts.texts_of(runs)
    return [tile(run, texts) for run in runs]


def tile(run: Run, texts: Mapping[uuid.UUID, str] | None = None, group: str = "") -> Tile:
    """Return the tile of a run; its artifacts should be prefetched.

    `texts` has the texts of a list's results without files (`excerpts.texts_of`). `group` is the
    `data-watch` of a page that watches its runs as a group (`watch_tokens.data_watch_group`).
    """
    row = history.row(run, "tile")
    results = renderers.artifacts_with_urls(run)
    sound = next((result for result in results if result.kind == "audio"), None)
    text = (excerpts.texts_of([run]) if texts is None else texts).get(run.pk, "")
    copies = (group or watch_tokens.data_watch(run, "tile")) if awaits_still(row) else ""
    return Tile(row, known_costs.briefly(run), text, sound, max(len(results) - 1, 0), copies, group)


def awaits_still(row: history.Row) -> bool:
    """Whether the copy of a file will bring the still picture that a run's row is without."""
    return not row.still and any(
        file.state == Artifact.State.REMOTE and kind_named(file.kind).gets_still
        for file in row.run.artifacts.all()
    )
