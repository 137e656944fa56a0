"""What other apps tell one user: what waits for them, on the front page, and news in the feed.

The apps are above the catalogue, so the runs, which ask them (`runs/promises/owners.py`), connect them here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MOST_SHOWN = 5  # on the front page


@dataclass(frozen=True)
class Entry:
    """A line of the user's inbox; `path` marks it as seen and leads to its place."""

    key: str
    at: datetime
    title: str
    text: str
    path: str


Source = Callable[["User"], Sequence[Entry]]
_sources: dict[str, Source] = {}


def connect(news: Source, waiting: Source) -> None:
    """Set what returns a user's news for the feed, and what waits for an act of theirs."""
    _sources.update(news=news, waiting=waiting)


def entries(user: User) -> Sequence[Entry]:
    """Return the user's news, newest first."""
    return _sources["news"](user)


def waiting(user: User) -> Sequence[Entry]:
    """Return what asks the user for an act, newest first: as much as the front page shows."""
    return _sources["waiting"](user)[:MOST_SHOWN]
