"""What other apps report to one user: open tasks on the front page, and news in the feed.

The catalogue must not import these apps, so `runs/promises/owners.py` connects them here.
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
    """A line of the user's inbox; `path` opens its page and marks it as seen."""

    key: str
    at: datetime
    title: str
    text: str
    path: str


Source = Callable[["User"], Sequence[Entry]]
_sources: dict[str, Source] = {}


def connect(news: Source, waiting: Source) -> None:
    """Set the functions that return a user's news for the feed and the tasks that wait for them."""
    _sources.update(news=news, waiting=waiting)


def entries(user: User) -> Sequence[Entry]:
    """Return the user's news, newest first."""
    return _sources["news"](user)


def waiting(user: User) -> Sequence[Entry]:
    """Return the newest tasks that wait for the user, as many as the front page shows."""
    return _sources["waiting"](user)[:MOST_SHOWN]
