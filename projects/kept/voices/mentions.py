"""The people whom a comment mentions by `@name`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from core.names import name_key

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MAX_MENTIONS = 20  # of one comment
_WORD = r"[\p{L}\p{M}\p{N}_]"
_BEGIN = rf"(?<!{_WORD})@"
_END = rf"(?<={_WORD})(?!{_WORD})"  # of a word


def mentioned_in(text: str, people: Mapping[str, User]) -> list[User]:
    """Return the people whom a text mentions, each once; the longest matching name counts.

    The `@` must not follow a letter (`x@annaberg.com` mentions nobody), and the word must end with
    the name: `@annabergmann` does not mention `annaberg`.
    """
    if "@" not in text:
        return []
    import regex  # 1 MB that few processes need

    users: dict[int, User] = {}
    by_key = {name_key(name): user for name, user in people.items()}
    longest = max(map(len, people), default=0) + 1  # one more character shows that the name ends
    most_words = max((len(regex.findall(_END, name)) for name in people), default=0)
    for at in regex.finditer(_BEGIN, text):
        after = text[at.end() : at.end() + longest]
        ends = [end.start() for end in regex.finditer(_END, after)][:most_words]
        candidates = (by_key.get(name_key(after[:end])) for end in reversed(ends))
        if user := next(filter(None, candidates), None):
            users.setdefault(user.pk, user)
    return list(users.values())[:MAX_MENTIONS]
