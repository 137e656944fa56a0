"""Names for files that people save: words of a text, in any script, that every system takes."""

from __future__ import annotations

import unicodedata

MOST_CHARS = 60
_KEPT = ("L", "M", "N")  # letters, the marks on them, and digits, of all scripts


def slug(text: str, most: int = MOST_CHARS) -> str:
    """Return the words of a text joined by hyphens, cut after a word; empty if it has none."""
    plain = unicodedata.normalize("NFC", text[: 10 * most])
    kept = (char if unicodedata.category(char)[0] in _KEPT else " " for char in plain)
    words = "".join(kept).split()
    name = "-".join(words)
    if len(name) <= most:
        return name
    return name[: most + 1].rpartition("-")[0] or name[:most]
