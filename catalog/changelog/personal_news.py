"""The open tasks of a user that other apps show on the front page.

The catalogue must not import these apps, so `runs/promises/places.py` connects them here.
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
_sources: list[Source] = []


def connect(waiting: Source) -> None:
    """Set the function that returns the tasks that wait for a user."""
    _sources[:] = [waiting]


def waiting(user: User) -> Sequence[Entry]:
    """Return the newest tasks that wait for the user, as many as the front page shows."""
    return _sources[0](user)[:MOST_SHOWN]
