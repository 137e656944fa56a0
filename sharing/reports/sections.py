"""The sections of a report, in its order; to each its maker may write sentences of their own."""

from __future__ import annotations

from collections.abc import Mapping

from fal.db_safe import db_safe_text

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


def read_question(text: str) -> str:
    """Return the posted question in one line; raises ValueError with what is wrong with it."""
    question = " ".join(db_safe_text(text).split())
    if not question:
        raise ValueError("Write the question that the report answers.")
    return _within(question, MAX_QUESTION_CHARS)


def read_sentences(text: str) -> str:
    """Return posted sentences; raises ValueError if they are too long."""
    return _within(db_safe_text(text).replace("\r\n", "\n").strip(), MAX_SENTENCES_CHARS)


def _within(text: str, most: int) -> str:
    if len(text) > most:
        raise ValueError(f"At most {most:,} characters; these are {len(text):,}.")
    return text


def texts_of(stored: Mapping[str, str]) -> dict[str, str]:
    """Return what was written to each section; sections without a text are left out."""
    return {name: text for name in SECTIONS if (text := stored.get(name, ""))}
