"""News that other apps have for one person, shown beside those of the catalogue.

The front page and the feed list them; each app registers its source when Django is ready.
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
    """One piece of news; `key` stays the same while its words may change."""

    key: str
    at: datetime
    title: str
    text: str
    path: str
    is_unread: bool


Source = Callable[["User"], Sequence[Entry]]
SOURCES: list[Source] = []


def register(source: Source) -> None:
    """Have another app's news told as well."""
    if source not in SOURCES:
        SOURCES.append(source)


def entries(user: User) -> list[Entry]:
    """All news for this person, the newest first."""
    found = [entry for source in SOURCES for entry in source(user)]
    return sorted(found, key=lambda one: one.at, reverse=True)


def unread(user: User) -> list[Entry]:
    """The newest that this person has not seen."""
    return [entry for entry in entries(user) if entry.is_unread][:MOST_SHOWN]
