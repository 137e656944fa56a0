"""What a run is part of beside its model's page: apps above name their places for it here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from playground.models import Run

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User


class Place(NamedTuple):
    """Something that a run is part of: `Board`, its title and address."""

    kind: str
    title: str
    address: str


Find = Callable[["User | AnonymousUser", Run], list[Place]]
_FIND: list[Find] = []


def register(find: Find) -> None:
    """Have another app say where in it a run belongs, of what a person may see."""
    if find not in _FIND:
        _FIND.append(find)


def places_of(user: User | AnonymousUser, run: Run) -> list[Place]:
    """What the run is part of and the user may see. One query for each app."""
    return [place for find in _FIND for place in find(user, run)]
