"""Which two runs are compared: by their ids, or by the pasted addresses of their pages."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

NEEDED = 2
MAX_CHARS = 500  # of an address that is shown again
_RUN = re.compile(
    r"(?:^|/runs/)([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:[/?#]|$)", re.IGNORECASE
)


@dataclass(frozen=True)
class Entry:
    """What was given for one run, and what is wrong with it."""

    text: str = ""
    error: str = ""


@dataclass(frozen=True)
class Choice:
    """The two runs that were chosen; `keys` only if they are two."""

    entries: tuple[Entry, Entry]
    error: str = ""
    keys: tuple[uuid.UUID, uuid.UUID] | None = None

    @property
    def is_wrong(self) -> bool:
        """Whether something was given that is not two runs."""
        return bool(self.error) or any(entry.error for entry in self.entries)


def choice_of(texts: Sequence[str]) -> Choice:
    """Return the choice that these texts make; empty ones count as not given."""
    given = [text.strip()[:MAX_CHARS] for text in texts if text.strip()]
    first, second, *_ = *(_entry(text) for text in given[:NEEDED]), Entry(), Entry()
    entries = (first, second)
    if len(given) == 1:
        return Choice((first, Entry(error="" if first.error else "Choose a second run.")))
    if len(given) > NEEDED:
        return Choice(entries, f"Two runs can be compared, and {len(given)} were chosen.")
    if not given or first.error or second.error:
        return Choice(entries)
    keys = _key(first.text), _key(second.text)
    if keys[0] is None or keys[1] is None or keys[0] == keys[1]:
        again = Entry(second.text, "This is the same run as the first. Choose another one.")
        return Choice((first, again))
    return Choice(entries, keys=(keys[0], keys[1]))


def _entry(text: str) -> Entry:
    error = "This is no run. Paste the address of a run's page."
    return Entry(text, "" if _key(text) else error)


def _key(text: str) -> uuid.UUID | None:
    match = _RUN.search(text)
    return uuid.UUID(match[1]) if match else None
