"""The panes of a comparison: results beside each other, with their difference from the first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from core.formatting import duration, money
from core.word_diff import Part, word_diff
from playground.display import renderers
from playground.display.history import seconds
from playground.display.renderers import ArtifactView
from runs.costs import known_costs
from runs.file_kinds import KNOWN
from runs.models import Run
from runs.results import previews
from runs.results.outputs import artifacts_in
from schemas.estimate.wording import label_for_pages


class HasKind(Protocol):
    """A file of one kind."""

    @property
    def kind(self) -> str:
        """`image`, `video`, …."""


class HasMain(Protocol):
    """What is shown in a pane: the file to compare, if there is one."""

    @property
    def main(self) -> HasKind | None:
        """The file to compare."""


LETTERS = "ABCDEF"


@dataclass(frozen=True)
class Pane:
    """The result of one run; `diff` is how its text differs from the first pane's."""

    letter: str
    run: Run
    name: str
    shown: list[ArtifactView]
    text: str
    diff: list[Part]
    seconds: str
    price: str
    seconds_delta: str
    price_delta: str

    @property
    def main(self) -> ArtifactView | None:
        """Return the file to compare: the first picture, video, audio or mesh that can be shown."""
        return next((s for s in self.shown if s.kind in KNOWN), None)


def panes_of(runs: Sequence[Run], names: Sequence[str]) -> list[Pane]:
    """Return the panes of up to six runs with these names; the first one is the reference.

    Their endpoints, outputs and artifacts should be loaded.
    """
    reference, text = runs[0], _text(runs[0])
    return [
        Pane(
            letter=letter,
            run=run,
            name=name,
            shown=renderers.artifacts_with_urls(run),
            text=_text(run),
            diff=word_diff(text, _text(run)) if run is not reference and text else [],
            seconds=duration(seconds(run)),
            price=label_for_pages(cost.label) if (cost := known_costs.paid(run)) else "",
            seconds_delta=_seconds_delta(reference, run),
            price_delta=_price_delta(reference, run),
        )
        for letter, run, name in zip(LETTERS, runs, names, strict=False)
    ]


def stage_kind(panes: Sequence[HasMain]) -> str:
    """Return the kind of file that all panes have, to select tools; empty if they differ."""
    kinds = {pane.main.kind if pane.main else "" for pane in panes}
    return kinds.pop() if len(kinds) == 1 else ""


def _text(run: Run) -> str:
    texts = previews.of_texts(artifacts_in(run.output))
    return texts[0].text if texts else ""


def _seconds_delta(reference: Run, run: Run) -> str:
    """Return `+3.2 s`, or with a minus sign; empty where the difference is none to speak of."""
    first, own = seconds(reference), seconds(run)
    if first is None or own is None or duration(abs(own - first)) == duration(0):
        return ""
    return f"{_sign(own - first)}{duration(abs(own - first))}"


def _price_delta(reference: Run, run: Run) -> str:
    first, own = known_costs.paid(reference), known_costs.paid(run)
    if first is None or own is None or own.amount == first.amount:
        return ""
    difference = own.amount - first.amount
    return label_for_pages(f"{_sign(difference)}{money(abs(difference))}")


def _sign(difference: float | Decimal) -> str:
    return "\N{MINUS SIGN}" if difference < 0 else "+"
