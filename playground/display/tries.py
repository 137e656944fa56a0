"""A person's tries in a project: what each press of Run made, and what changed before it."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from catalog.schema_versions import version_of
from core.formatting import shorten
from core.word_diff import Part
from playground.display import history
from playground.display.changes import ChangedField, changed_fields, changed_words
from playground.display.result import caption
from schemas.meanings import by_meaning

if TYPE_CHECKING:
    from catalog.models import Endpoint
    from runs.models import Run
    from runs.progress.watch_tokens import Viewer

MOST = 20  # rows; a link leads to the earlier ones
MOST_RUNS = 48  # that are loaded for them: a press may have made many
MOST_PICTURES = 4  # of one row
MOST_CHANGES = 4  # settings of one row
AROUND = 40  # characters of unchanged text on each side of a changed word


@dataclass(frozen=True)
class Try:
    """What one press made: `rows` of its first runs, and `more` of them.

    `words` are those of the prompt and `changes` the settings, both against another try; the
    prompt alone without one.
    """

    rows: Sequence[history.Row]
    more: int
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
        return self.rows[0].run

    @property
    def seconds(self) -> float | None:
        """Return how long its slowest run took; None while one is in progress."""
        durations = [row.seconds for row in self.rows]
        return None if None in durations else max(filter(None, durations), default=None)


def tries(
    viewer: Viewer,
    page_of: Endpoint,
    runs: Sequence[Run],
    on_stage: Collection[uuid.UUID] = (),
    pinned: Run | None = None,
) -> list[Try]:
    """Return the rows of these runs for a model's page; they come newest first, with arguments.

    Each is told against the try before it, or against the `pinned` run.
    """
    presses = list(_by_press(runs))
    if pinned and all(pinned not in press for press in presses):
        presses.append([pinned])  # older than all others
    rows = []
    for place, press in enumerate(presses):
        before = next((earlier[0] for earlier in presses[place + 1 :]), None)
        is_pinned = pinned in press
        if place >= MOST and not is_pinned:
            continue
        rows.append(
            _try(
                [
                    history.try_row(viewer, run, page_of.pk, is_on_stage=run.pk in on_stage)
                    for run in press[:MOST_PICTURES]
                ],
                press,
                before if is_pinned else pinned or before,
                is_pinned,
            )
        )
    return rows


def _by_press(runs: Iterable[Run]) -> Iterable[list[Run]]:
    """Yield the runs of each press, in order; the newest press comes first."""
    presses: dict[uuid.UUID, list[Run]] = {}
    for run in runs:
        presses.setdefault(run.batch or run.pk, []).insert(0, run)
    return presses.values()


def _try(shown: list[history.Row], press: list[Run], before: Run | None, is_pinned: bool) -> Try:
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
        rows=shown,
        more=len(press) - len(shown),
        words=list(_cut(words)),
        changes=changes[:MOST_CHANGES],
        more_changes=max(len(changes) - MOST_CHANGES, 0),
        is_other_model=before is None or run.endpoint_id != before.endpoint_id,
        is_same=prompt == former_prompt,
        is_pinned=is_pinned,
        price=caption.billed_together(press),
        prompt=prompt,
    )


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
