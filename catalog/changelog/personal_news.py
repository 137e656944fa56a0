"""News of other apps for one user, shown beside the catalogue's changes.

The front page and the feed list them. The apps are above the catalogue, so the runs, which ask them
(`runs/owners.py`), connect them here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MOST_SHOWN = 4  # on the front page


@dataclass(frozen=True)
class Entry:
    """One piece of news; `key` stays the same if its text changes."""

    key: str
    at: datetime
    title: str
    text: str
    path: str
    is_unread: bool


_sources: list[Callable[[User], Sequence[Entry]]] = []


def connect(source: Callable[[User], Sequence[Entry]]) -> None:
    """Set what returns a user's news of all apps."""
    _sources[:] = [source]


def entries(user: User) -> list[Entry]:
    """Return all news for this user, newest first."""
    news = [entry for source in _sources for entry in source(user)]
    return sorted(news, key=lambda entry: entry.at, reverse=True)


def unread(user: User) -> list[Entry]:
    """Return the newest entries that this user has not seen."""
    return [entry for entry in entries(user) if entry.is_unread][:MOST_SHOWN]
