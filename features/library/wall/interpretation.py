"""How a line was understood: a chip for each piece, and sentences on the other pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from catalog.filters.query_parser import replace_words
from features.library.full_text import Clause
from features.library.search.line import Line
from features.library.search.matching import missing_models
from features.library.wall.filters import with_line

if TYPE_CHECKING:
    from django.http import HttpRequest


class Chip(NamedTuple):
    """A piece of the line as it was understood, and the address without it."""

    label: str
    href: str


class Remark(NamedTuple):
    """A sentence on a piece that was not understood; `href` has the suggestion instead."""

    message: str
    suggestion: str = ""
    href: str = ""


class Interpretation(NamedTuple):
    """The chips and remarks that the page shows for a line."""

    chips: list[Chip]
    remarks: list[Remark]


def interpretation(request: HttpRequest, line: Line) -> Interpretation:
    """Return how a line was understood; one query for each model that it names."""
    texts = [(piece, _in_words(piece, clause)) for piece, clause in line.looked_for]
    conditions = [(piece, condition.label) for piece, condition in line.taken]
    chips = [
        Chip(label, with_line(request, line.without(piece))) for piece, label in texts + conditions
    ]
    remarks = [
        Remark(hint.message, hint.suggestion, _suggested(request, line, hint.word, hint.suggestion))
        for hint in (*line.hints, *missing_models(line))
    ]
    return Interpretation(chips, remarks)


def _in_words(piece: str, clause: Clause) -> str:
    text = piece.lstrip("-!").strip('"') if clause.is_negated else piece.strip('"')
    return f"Without “{text}”" if clause.is_negated else f"“{text}”"


def _suggested(request: HttpRequest, line: Line, word: str, suggestion: str) -> str:
    if not suggestion or suggestion.endswith(":"):
        return ""
    return with_line(request, replace_words(line.text, word, suggestion))
