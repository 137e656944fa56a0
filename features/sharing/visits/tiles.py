"""The items of a share as tiles with their shapes and words, without hidden details."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from core.formatting import duration
from features.sharing.kinds.content import Curtain, Setting
from playground.display import renderers, wall
from playground.display.result import caption
from runs.costs import known_costs
from runs.file_kinds import kind_named
from runs.files import result_names
from runs.results import excerpts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from features.sharing.items import ItemView

GAP = "gap"


class Facts(NamedTuple):
    """Facts on the making of an item; empty if hidden or unknown."""

    prompt: str
    seed: str
    model: str
    price: str
    figures: str


@dataclass(frozen=True)
class Tile:
    """An item on the page; `text` is the result of a run without files."""

    shown: ItemView
    text: str = ""

    @property
    def number(self) -> int:
        """Return its number in addresses."""
        return self.shown.item.number

    @property
    def kind(self) -> str:
        """Return the kind of its file: `image`, …, `text`; `gap` where it is gone."""
        return GAP if self.shown.is_gap else self.shown.kind

    @property
    def shape(self) -> int:
        """Return the shape of the tile, one of `wall.SHAPES`."""
        artifact = self.shown.artifact
        return wall.shape_of(artifact) if artifact else wall.GAP_SHAPE

    @property
    def word(self) -> str:
        """Return what it is: "Film 3"."""
        return self.shown.word

    @property
    def shown_as(self) -> str:
        """Return the folder of the templates that show it: its kind, or `lost` without its file."""
        if not self.shown.src and self.kind != "text":
            return "lost"
        return self.shown.shown_as

    @property
    def badge(self) -> str:
        """Return what its still does not show: how long a film is, or that it is one."""
        kind = kind_named(self.kind)
        return self.length or kind.label if kind.has_badge else ""

    @property
    def name(self) -> str:
        """Return its name for screen readers, with the prompt only if settings are shown."""
        run = self.shown.run
        title = run.title[:120] if run and self.shown.share.shows_settings else ""
        return f"{self.word}: {title}" if title else self.word

    @property
    def caption(self) -> str:
        """Return its model and price in a line, unless they are hidden."""
        run, share = self.shown.run, self.shown.share
        if run is None:
            return ""
        model = run.endpoint.name if share.shows_models else ""
        price = known_costs.briefly(run) if share.shows_prices else ""
        return " · ".join(filter(None, (model, price)))

    @property
    def length(self) -> str:
        """Return how long a film or sound is; empty for others."""
        artifact = self.shown.artifact
        return duration(artifact.duration_s or None) if artifact else ""

    @property
    def texts(self) -> list[renderers.Text]:
        """Return the texts of a run without files; its output has to be loaded."""
        run = self.shown.run
        return renderers.texts(run) if run and self.kind == "text" else []

    @property
    def facts(self) -> Facts:
        """Return the facts on its making; the run's arguments have to be loaded."""
        run, share = self.shown.run, self.shown.share
        if run is None:
            return Facts("", "", "", "", "")
        artifact, shows_settings = self.shown.artifact, share.shows_settings
        size = f"{artifact.width} × {artifact.height}" if artifact and artifact.width else ""
        return Facts(
            caption.prompt_of(run) if shows_settings else "",
            result_names.seed_of(run) if shows_settings else "",
            run.endpoint.name if share.shows_models else "",
            caption.billed(run) if share.shows_prices else "",
            " · ".join(filter(None, (size, self.length))),
        )

    @property
    def settings(self) -> list[Setting]:
        """Return the other settings of the run, whose arguments have to be loaded.

        Input files are not among the files of this share. `facts` has prompt and seed.
        """
        run, share, facts = self.shown.run, self.shown.share, self.facts
        if run is None or not isinstance(run.arguments, dict):
            return []
        other_settings = {
            name: value
            for name, value in run.arguments.items()
            if str(value)[: caption.MAX_PROMPT_CHARS] != facts.prompt and name != "seed"
        }
        model = (run.endpoint.endpoint_id, run.endpoint.name)
        return Curtain(share, [model], has_inputs=False).settings(other_settings)


def tiles_of(views: Sequence[ItemView]) -> list[Tile]:
    """Return tiles in the order of the items; one query for the texts among them."""
    texts = excerpts.texts_of(view.run for view in views if view.run and view.artifact is None)
    return [Tile(view, texts.get(view.run.pk, "") if view.run else "") for view in views]
