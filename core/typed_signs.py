"""Converts signs of a typed search to ASCII: some keyboards send full-width or curly ones."""

from __future__ import annotations

import unicodedata

_FULL_WIDTH = {sign + 0xFEE0: sign for sign in range(0x21, 0x7F)}
_QUOTES = dict.fromkeys(map(ord, "“”„‟«»〝〞〟"), '"')
_OTHERS = {0x3000: " ", 0x2212: "-"}  # the space of full width, the sign of a difference
_PLAIN = _FULL_WIDTH | _QUOTES | _OTHERS


def plain_signs(text: str) -> str:
    """Return a typed search in composed letters and with ASCII's signs and digits."""
    return unicodedata.normalize("NFC", text).translate(_PLAIN)
