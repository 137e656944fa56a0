"""Names of references in texts: `@bottle`, and `@me/bottle` for one's own of that name.

What looks alike and is none is never touched: `me@bottle.com`, `@2x`, `https://x.com/@bottle`,
`@scope/package`. Whether a mention means anything decides whoever knows the names.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

from core.marks import mark_class

MAX_NAME_CHARS = 40
OWN = "me/"
_SIGN = rf"\w{mark_class()}"
# Begins with a letter, so that `@2x` is none; a letter keeps its marks, in every script.
_NAME = rf"[^\W\d_](?:[{_SIGN}-]*[{_SIGN}])?"
NAME = re.compile(_NAME)
# Not within an address, an e-mail address or a path, and whole: no part of a longer word.
MENTION = re.compile(
    rf"(?<![{_SIGN}@./:+&=#%\\-])@(?P<key>(?:me/)?{_NAME})(?!-*[{_SIGN}]|[@/]|\.[{_SIGN}])"
)


def key_of(name: str) -> str:
    """Return what equal names have in common: `Bottle` and `BOTTLE` are one."""
    return unicodedata.normalize("NFC", name).casefold()


def keys_in(text: str) -> Iterator[str]:
    """Yield the keys of the mentions in a text, in order; `me/bottle` for one's own."""
    if "@" in text:
        yield from (key_of(match["key"]) for match in MENTION.finditer(text))


def whole(text: object) -> str:
    """Return the key of a text that is one mention and nothing else; empty if it is not."""
    match = MENTION.fullmatch(text.strip()) if isinstance(text, str) and "@" in text else None
    return key_of(match["key"]) if match else ""


def replaced(text: str, word: Callable[[str], str | None]) -> str:
    """Return the text with each mention replaced by `word(key)`; None leaves it as it is."""

    def other(match: re.Match[str]) -> str:
        new = word(key_of(match["key"]))
        return match[0] if new is None else new

    return MENTION.sub(other, text) if "@" in text else text
