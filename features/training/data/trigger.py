"""Whether a text has a trigger word, as a word: "a token" does not have "TOK"."""

from __future__ import annotations

import re
import unicodedata

_JOINERS = {"\u200c", "\u200d", "_"}


def has_trigger(text: str, trigger: str) -> bool:
    """Whether the trigger stands in a text between other words, in upper or lower case."""
    text, trigger = _folded(text), _folded(trigger)
    return any(
        not (_joins(text[match.start() - 1 : match.start()], trigger[0]))
        and not (_joins(trigger[-1], text[match.end() : match.end() + 1]))
        for match in re.finditer(re.escape(trigger), text)
    )


def prefixed(text: str, trigger: str) -> str:
    """Return a text that begins with the trigger word, or the text itself if it has it."""
    if has_trigger(text, trigger):
        return text
    return f"{trigger}, {text}" if text.strip() else trigger


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text.strip()).casefold())


def _joins(before: str, after: str) -> bool:
    """Whether two neighbouring characters belong to one word; an empty one is a text's end."""
    return all(
        char and (char.isalnum() or char in _JOINERS or unicodedata.category(char)[0] == "M")
        for char in (before, after)
    )
