"""Finds a trigger word in a text, as a whole word: "a token" does not contain "TOK"."""

from __future__ import annotations

import re
import unicodedata

_JOINERS = {"\u200c", "\u200d", "_"}


def has_trigger(text: str, trigger: str) -> bool:
    """Whether a text contains the trigger as a whole word, in any case."""
    text, trigger = _folded(text), _folded(trigger)
    return any(
        not (_joins(text[match.start() - 1 : match.start()], trigger[0]))
        and not (_joins(trigger[-1], text[match.end() : match.end() + 1]))
        for match in re.finditer(re.escape(trigger), text)
    )


def prefixed(text: str, trigger: str) -> str:
    """Return the text with the trigger word in front, or unchanged if it contains the word."""
    if has_trigger(text, trigger):
        return text
    return f"{trigger}, {text}" if text.strip() else trigger


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text.strip()).casefold())


def _joins(before: str, after: str) -> bool:
    """Whether two adjacent characters belong to one word; "" stands for an end of the text."""
    return all(
        char and (char.isalnum() or char in _JOINERS or unicodedata.category(char)[0] == "M")
        for char in (before, after)
    )
