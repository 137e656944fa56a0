"""A person's tries in a project: what each press of Run made, and what changed before it."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from catalog.schema_versions import version_of
from core.formatting import counted, enumerated, shorten
from core.word_diff import Part
from playground.display import history, placeholder_size
from playground.display.changes import ChangedField, changed_fields, changed_words
from playground.display.placeholder_size import Size
from playground.display.result import caption
from playground.display.tiles import awaits_still
from runs.models import Run
from runs.progress import watch_tokens
from runs.results import excerpts
from schemas.meanings import by_meaning

if TYPE_CHECKING:
    from catalog.models import Endpoint

MOST = 20  # rows; a link leads to the earlier ones
MOST_RUNS = 48  # that are loaded for them: a press may have made many
MOST_CHANGES = 4  # settings of one row
AROUND = 40  # characters of unchanged text on each side of a changed word


@dataclass(frozen=True)
class Tile:
    """One run of a try: its picture or the beginning of its text.

    `size` is that of the picture, or of the one that is expected; None without one. `copies` is
    the token to watch a file whose copy brings a picture.
    """

    row: history.Row
    size: Size | None
    text: str
    copies: str


@dataclass(frozen=True)
class Try:
    """What one press made: a tile of each run.

    `words` are those of the prompt and `changes` the settings, both against another try; the
    prompt alone without one. `failures` say which runs have no result, and why.
    """

    tiles: Sequence[Tile]
    failures: Sequence[str]
    words: Sequence[Part]
    changes: Sequence[ChangedField]
    more_changes: int
    is_other_model: bool
    is_same: bool
    is_pinned: bool
    price: str
    prompt: str

    @property
    def run(self) -> Run:
        """Return its first run."""
        return self.tiles[0].row.run

    @property
    def has_files(self) -> bool:
        """Whether several of its runs have a picture, film or other file to be saved together."""
        return sum(bool(tile.row.kind) for tile in self.tiles) > 1

    @property
    def seconds(self) -> float | None:
        """Return how long its slowest run took; None while one is in progress."""
        durations = [tile.row.seconds for tile in self.tiles]
        return None if None in durations else max(filter(None, durations), default=None)


def tries(
    viewer: watch_tokens.Viewer,
    page_of: Endpoint,
    runs: Sequence[Run],
    pinned: Run | None = None,
) -> list[Try]:
    """Return the rows of these runs for a model's page; they come newest first, with arguments.

    Each is told against the try before it, or against the `pinned` run.
    """
    presses = list(_by_press(runs))
    if pinned and all(pinned not in press for press in presses):
        presses.append([pinned])  # older than all others
    texts = excerpts.texts_of(run for press in presses for run in press)
    shown = []
    for place, press in enumerate(presses):
        before = next((earlier[0] for earlier in presses[place + 1 :]), None)
        is_pinned = pinned in press
        if place >= MOST and not is_pinned:
            continue
        view = "try" if press[0].endpoint_id == page_of.pk else "elsewhere"
        is_alone = len(press) == 1  # it has a square
        tiles = [
            tile(run, viewer.view_of(run, view), texts, is_sized=not is_alone) for run in press
        ]
        shown.append(_try(tiles, press, before if is_pinned else pinned or before, is_pinned))
    return shown


def tile(
    run: Run,
    view: str,
    texts: Mapping[uuid.UUID, str] | None = None,
    *,
    is_sized: bool = True,
) -> Tile:
    """Return a run as a tile of its try in this view; its artifacts should be prefetched.

    `texts` has the texts of a list's results without files (`excerpts.texts_of`).
    """
    row = history.row(run, view)
    text = (excerpts.texts_of([run]) if texts is None else texts).get(run.pk, "")
    copies = watch_tokens.data_watch(run, view) if awaits_still(row) else ""
    return Tile(row, _size(run, row) if is_sized else None, text, copies)


def _size(run: Run, row: history.Row) -> Size | None:
    file = row.picture.artifact if row.picture else None
    if file and file.width and file.height:
        return file.width, file.height
    placeholder_size.load_arguments([run])
    return placeholder_size.size_of(run)


def _by_press(runs: Iterable[Run]) -> Iterable[list[Run]]:
    """Yield the runs of each press, in order; the newest press comes first."""
    presses: dict[uuid.UUID, list[Run]] = {}
    for run in runs:
        presses.setdefault(run.batch or run.pk, []).insert(0, run)
    return presses.values()


def _try(tiles: list[Tile], press: list[Run], before: Run | None, is_pinned: bool) -> Try:
    run = press[0]
    prompt = caption.prompt_of(run)
    former_prompt = caption.prompt_of(before) if before else None
    changes: list[ChangedField] = []
    words = [Part("same", prompt)]
    if before and before.arguments is not None and run.arguments is not None:
        prompts = {_prompt_field(run), _prompt_field(before)} - {""}
        is_known = run.endpoint_id == before.endpoint_id
        changes = [
            change
            for change in islice(changed_fields(before, run, prompts), 10 * MOST_CHANGES)
            if is_known or (change.before.is_given and change.after.is_given)
        ]
        words = changed_words(former_prompt or "", prompt)
    return Try(
        tiles=tiles,
        failures=_failures(tiles),
        words=list(_cut(words)),
        changes=changes[:MOST_CHANGES],
        more_changes=max(len(changes) - MOST_CHANGES, 0),
        is_other_model=before is None or run.endpoint_id != before.endpoint_id,
        is_same=prompt == former_prompt,
        is_pinned=is_pinned,
        price=caption.billed_together(press),
        prompt=prompt,
    )


def _failures(tiles: Sequence[Tile]) -> list[str]:
    """Return which runs failed or were cancelled, and why: `Run 2 failed: …`.

    Of a run alone, return only why it failed: its tile says the rest.
    """
    if len(tiles) == 1:
        return [reason] if (reason := tiles[0].row.reason) else []
    places = defaultdict(list)
    for place, tile in enumerate(tiles, start=1):
        run = tile.row.run
        if run.is_final and run.state != Run.State.SUCCEEDED:
            places[run.state, tile.row.reason].append(str(place))
    return [
        ": ".join(filter(None, (_which(numbers, len(tiles), state), reason)))
        for (state, reason), numbers in places.items()
    ]


def _which(numbers: list[str], count: int, state: str) -> str:
    if len(numbers) == count:
        return f"All {counted(count, 'run')} {state}"
    return f"Run{'s' * (len(numbers) > 1)} {enumerated(numbers)} {state}"


def _prompt_field(run: Run) -> str:
    field = by_meaning(version_of(run.endpoint).root.children).get("prompt")
    return field.name if field else ""


def _cut(parts: Sequence[Part]) -> Iterable[Part]:
    """Yield the parts; of a long unchanged stretch only what stands beside a change."""
    last = len(parts) - 1
    for place, (kind, text) in enumerate(parts):
        if kind != "same" or last == 0:
            yield Part(kind, shorten(text, 6 * AROUND))
        elif len(text) <= 3 * AROUND:
            yield Part(kind, text)
        else:
            start = text[:AROUND] if place else ""
            end = text[-AROUND:] if place < last else ""
            yield Part(kind, f"{start}…{end}")
