"""The open tasks of a user that other apps show on the front page.

The catalogue must not import these apps, so `runs/promises/places.py` provides the tasks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from core.provided import Provided

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


@Provided
def waiting(user: User) -> Sequence[Entry]:
    """Return the tasks that wait for the user, by `runs.promises.places.waiting`."""
    return ()
