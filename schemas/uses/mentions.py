"""Names of series in texts: `@bottle`, and `@me/bottle` for the user's own of that name.

Texts that only look alike are never touched: `me@bottle.com`, `@2x`, `https://x.com/@bottle`,
`@scope/package`. The caller knows the names and decides whether a mention is one of them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

from core.marks import mark_class

MAX_NAME_CHARS = 40
OWN = "me/"
_SIGN = rf"\w{mark_class()}"
# Begins with a letter, which excludes `@2x`; letters of every script keep their marks.
_NAME = rf"[^\W\d_](?:[{_SIGN}-]*[{_SIGN}])?"
NAME = re.compile(_NAME)
# Not a part of an address, an e-mail address, a path or a longer word.
MENTION = re.compile(
    rf"(?<![{_SIGN}@./:+&=#%\\-])@(?P<key>(?:me/)?{_NAME})(?!-*[{_SIGN}]|[@/]|\.[{_SIGN}])"
)


def key_of(name: str) -> str:
    """Return the key of a name, which ignores case: `Bottle` and `BOTTLE` have the same."""
    return unicodedata.normalize("NFC", name).casefold()


def keys_in(text: str) -> Iterator[str]:
    """Yield the keys of the mentions in a text, in order; `me/bottle` for the user's own."""
    if "@" in text:
        yield from (key_of(match["key"]) for match in MENTION.finditer(text))


def whole(text: object) -> str:
    """Return the key if a text is one mention and nothing else, or an empty text."""
    match = MENTION.fullmatch(text.strip()) if isinstance(text, str) and "@" in text else None
    return key_of(match["key"]) if match else ""


def replaced(text: str, word: Callable[[str], str | None]) -> str:
    """Return the text with each mention replaced by `word(key)`; None leaves it as it is."""

    def other(match: re.Match[str]) -> str:
        new = word(key_of(match["key"]))
        return match[0] if new is None else new

    return MENTION.sub(other, text) if "@" in text else text
