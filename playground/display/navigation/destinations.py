"""Places to jump to, and the kinds of named things that other apps register for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import F, Q, Value
from django.urls import reverse

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.db.models import QuerySet

MAX_OF_KIND = 4


@dataclass(frozen=True)
class Place:
    """One place to jump to; `mark` is a model's standing, or that it was removed upstream.

    `press` selects the control of the page that an action presses instead; its address is where
    the same can be done without it.
    """

    label: str
    note: str
    address: str
    icon: str = ""
    state: str = ""
    mark: str = ""
    picture: str = ""
    press: str = ""


class Group(NamedTuple):
    """Places of the same kind."""

    title: str
    places: list[Place]


class Kind(NamedTuple):
    """Named things of one app: the rows that a user may see, by UUID, and the route of their page.

    Kinds of the same `title` share a group; `note` tells them apart.
    """

    title: str
    rows: Callable[[User], QuerySet[Any]]
    name: str  # the column that holds the name
    route: str
    note: str = ""


_KINDS: list[Kind] = []


def register(kind: Kind) -> None:
    """Register a kind of things with names."""
    _KINDS.append(kind)


def named(user: User, words: Sequence[str]) -> list[Group]:
    """Return the newest things of each kind whose names have all the words, in one query."""
    if not words or not _KINDS:
        return []
    first, *others = (_newest(place, kind, user, words) for place, kind in enumerate(_KINDS))
    found: dict[str, list[Place]] = {kind.title: [] for kind in _KINDS}
    for number, pk, label, _ in first.union(*others, all=True).order_by("-at"):
        kind = _KINDS[number]
        place = Place(label, kind.note, reverse(kind.route, args=[pk]))
        found[kind.title].append(place)
    return [Group(*one) for one in found.items()]


def having(column: str, words: Sequence[str]) -> Q:
    """Return the condition that a text has all the words."""
    return Q(*(Q(**{f"{column}__icontains": word}) for word in words))


def _newest(number: int, kind: Kind, user: User, words: Sequence[str]) -> QuerySet[Any, Any]:
    """Return the rows of a kind for the union.

    SQLite limits the parts of a union only in a subquery.
    """
    rows = kind.rows(user).filter(having(kind.name, words))
    newest = rows.order_by("-created_at").values("pk")[:MAX_OF_KIND]
    listed = rows.model._default_manager.filter(pk__in=newest).order_by()
    columns = {"number": Value(number), "label": F(kind.name), "at": F("created_at")}
    found: QuerySet[Any, Any] = listed.annotate(**columns).values_list(
        "number", "pk", "label", "at"
    )
    return found
