"""The results that a document names, as the share's visitors see them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from library.selection import ResultKey
from playground.display import previews
from runs.costs import known_costs
from runs.models import Run
from runs.results.outputs import artifacts_in
from sharing import items

if TYPE_CHECKING:
    from sharing.items import Shown
    from sharing.models import Share

NO_FILES = "It has neither a file nor a text to show."
FAILED, CANCELLED = "It failed.", "It was cancelled."
UNDER_WAY = "Under way: look again in a minute."
UNFINISHED = "It was not finished when this was shared."
UNCOPIED = "Its file is not copied yet: look again in a minute."
LONGEST = 4000  # characters of a text


@dataclass(frozen=True)
class Outcome:
    """What came of a run: files or a text, else `words` that say why there is nothing to see.

    `cost` is empty where prices are hidden.
    """

    files: Sequence[Shown] = ()
    text: str = ""
    words: str = ""
    cost: str = ""
    number: int = field(default=0)  # of a text, among the share's items

    @property
    def numbers(self) -> list[int]:
        """Return the numbers of its items."""
        return [shown.item.number for shown in self.files] or [self.number] * bool(self.number)


class Outcomes:
    """Looks up results of a share by their runs; five queries, whatever their number."""

    def __init__(self, share: Share) -> None:
        self.share = share
        listed = items.of(share)
        self.shown = {
            ResultKey(shown.run.pk, shown.item.position): shown for shown in listed if shown.run
        }
        self.texts = _texts(shown.run.pk for shown in listed if shown.run and not shown.artifact)

    def of(self, run: str, positions: Sequence[int]) -> Outcome:
        """Return what came of a run with these files; of a run without files, position 0."""
        keys = [ResultKey(uuid.UUID(run), position) for position in positions]
        listed = [self.shown[key] for key in keys if key in self.shown]
        if not listed or listed[0].run is None:
            return Outcome(words=items.GONE)
        cost = self._cost(listed[0].run)
        text = self.texts.get(listed[0].run.pk, "")
        if text:
            return Outcome(text=text, cost=cost, number=listed[0].item.number)
        there = [shown for shown in listed if shown.artifact]
        stored = [shown for shown in there if shown.is_stored]
        words = "" if stored else UNCOPIED if there else NO_FILES
        return Outcome(stored, words=words, cost=cost)

    def without_files(self, *, is_over: bool, state: str) -> Outcome:
        """Return what is said of a run that had no result when the document was written."""
        if is_over:
            return Outcome(words=CANCELLED if state == Run.State.CANCELLED else FAILED)
        return Outcome(words=UNDER_WAY if self.share.follows else UNFINISHED)

    def _cost(self, run: Run) -> str:
        return known_costs.briefly(run) if self.share.shows_prices else ""


def _texts(runs: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Return the texts of results that have no files."""
    outputs = Run.objects.filter(pk__in=list(runs)).values_list("pk", "output")
    return {pk: _text(output) for pk, output in outputs}


def _text(output: object) -> str:
    text = "\n\n".join(preview.text for preview in previews.of_texts(artifacts_in(output)))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
