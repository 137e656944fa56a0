"""The sections of a report, in its order; to each its maker may write sentences of their own."""

from __future__ import annotations

from collections.abc import Mapping

MAX_QUESTION_CHARS, MAX_SENTENCES_CHARS = 300, 5000
SECTIONS = {
    "summary": "In short",
    "winners": "Winners",
    "candidates": "Candidates",
    "judging": "How it was judged",
    "pictures": "Best and worst",
    "failures": "Failures",
    "left_out": "Left out",
    "changes": "Changed since",
}


def texts_of(stored: Mapping[str, str]) -> dict[str, str]:
    """Return what was written to each section; sections without a text are left out."""
    return {name: text for name in SECTIONS if (text := stored.get(name, ""))}
