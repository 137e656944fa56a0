"""Cuts long texts for pages, which link to a file with the whole text.

A result may contain 30 MB of text. A page with all of it takes seconds to render, compress and
parse, and is sent again to every tab that watches the run.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fal.db_safe import db_safe_text
from schemas.artifacts import Artifact

# Characters on one page for all texts of a result: about ten printed pages.
MAX_TEXT_CHARS = 20_000
# Characters of an input or error that a page shows as JSON.
MAX_JSON_CHARS = 40_000
_LINE_END_WITHIN = 500


@dataclass(frozen=True)
class Preview:
    """The beginning of a text, the length of the whole text, and its position among the texts."""

    label: str
    text: str
    length: int
    position: int

    @property
    def is_cut(self) -> bool:
        """Whether the text is longer than the preview."""
        return len(self.text) < self.length

    @property
    def length_note(self) -> str:
        """Return a sentence that says how much of the text is shown."""
        return f"The first {len(self.text):,} of {self.length:,} characters are shown here."


def of_texts(artifacts: Iterable[Artifact]) -> list[Preview]:
    """Return previews of all texts, MAX_TEXT_CHARS in all; later ones are empty."""
    previews: list[Preview] = []
    chars_left = MAX_TEXT_CHARS
    for position, preview in enumerate(texts(artifacts)):
        text = _beginning(preview.text, chars_left)
        chars_left -= len(text)
        label, length = db_safe_text(preview.path), len(preview.text)
        previews.append(Preview(label, db_safe_text(text), length, position))
    return previews


def texts(artifacts: Iterable[Artifact]) -> list[Artifact]:
    """Return the artifacts that are texts, in the same order."""
    return [artifact for artifact in artifacts if artifact.kind == "text" and artifact.text]


def _beginning(text: str, most: int) -> str:
    """Return at most `most` characters, cut at the end of a line if one is near."""
    if len(text) <= most:
        return text
    cut = text[:most]
    end = cut.rfind("\n", most - _LINE_END_WITHIN)
    return cut[:end] if end > 0 else cut
