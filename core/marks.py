"""Marks of every script: characters that belong to the letter before them."""

from __future__ import annotations

import sys
import unicodedata
from functools import cache
from itertools import groupby

_FIRST, _LAST = 0x0300, 0x1E8D7  # beyond them are only selectors, which show nothing
# Canonical combining classes of marks that are part of a letter: nukta, voicing, virama, and the
# vowels and tones of Telugu, Thai, Lao and Tibetan. Searches ignore the others, accents and points.
_PARTS = frozenset({0, 7, 8, 9, 84, 91, 103, 107, 118, 122, 129, 130, 132})


@cache
def mark_class() -> str:
    """Return all marks for use within a character class of a regular expression.

    `re` counts none of them as part of a word, and cuts हिन्दी and น้ำ into pieces.
    """
    marks = [
        number
        for number in range(_FIRST, min(_LAST, sys.maxunicode) + 1)
        if unicodedata.category(chr(number))[0] == "M"
    ]
    spans = groupby(enumerate(marks), lambda pair: pair[1] - pair[0])
    ranges = ([number for _, number in span] for _, span in spans)
    return "".join(f"{chr(span[0])}-{chr(span[-1])}" for span in ranges)


def is_accent(char: str) -> bool:
    """Whether searches ignore a mark: an accent or a point that is not part of a letter."""
    return unicodedata.combining(char) not in _PARTS
