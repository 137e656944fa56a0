"""Registry of where else a run appears, besides its model's page: boards, chats, flows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from runs.models import Run

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User


class Place(NamedTuple):
    """Something that contains a run: its kind (`Board`), title and address."""

    kind: str
    title: str
    address: str


Find = Callable[["User | AnonymousUser", Run], list[Place]]
_FIND: list[Find] = []


def register(find: Find) -> None:
    """Register how another app finds the places of a run that a user may see."""
    if find not in _FIND:
        _FIND.append(find)


def places_of(user: User | AnonymousUser, run: Run) -> list[Place]:
    """Return the places of the run that the user may see. One query for each app."""
    return [place for find in _FIND for place in find(user, run)]
