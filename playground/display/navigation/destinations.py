"""Places to jump to, and the named things of all apps among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import F, Q, Value
from django.urls import reverse

from kept.models import Kept, kinds, rows_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.db.models import QuerySet

MAX_OF_KIND = 4


@dataclass(frozen=True)
class Place:
    """One place to jump to; `mark` is a model's standing, or that it was removed upstream.

    `lock` is why a rule locks a model where the page is; `namesake` its id, which is told where
    another has its name. `synonyms` are other words for a page, by commas.

    An action may press a control of the page: `press` is the control's selector; or post to the
    address `post`, which leads back to the page. `address` is the page that does the same.
    """

    label: str
    note: str
    address: str
    icon: str = ""
    state: str = ""
    mark: str = ""
    lock: str = ""
    picture: str = ""
    namesake: str = ""
    synonyms: str = ""
    press: str = ""
    post: str = ""


class Group(NamedTuple):
    """Places of the same kind."""

    title: str
    places: list[Place]


def named(user: User, words: Sequence[str]) -> list[Group]:
    """Return the newest things of each kind whose names have all the words, in one query."""
    destinations = [_of_kind(kind, user) for kind in kinds() if kind.route]
    if not words or not destinations:
        return []
    first, *others = (_newest(number, thing, words) for number, thing in enumerate(destinations))
    groups: dict[str, list[Place]] = {thing.title: [] for thing in destinations}
    for number, pk, label, _ in first.union(*others, all=True).order_by("-at"):
        thing = destinations[number]
        place = Place(label, "", reverse(thing.route, args=[pk]))
        groups[thing.title].append(place)
    return [Group(title, places) for title, places in groups.items()]


class Destination(NamedTuple):
    """The rows of a kind that ⌘K finds, the column with their name and the route of their page."""

    title: str
    rows: QuerySet[Any]
    name: str
    route: str


def _of_kind(kind: type[Kept], user: User) -> Destination:
    title = str(kind._meta.verbose_name_plural).capitalize()
    return Destination(title, rows_of(kind).findable(user), kind.searched[0], kind.route)


def having(column: str, words: Sequence[str]) -> Q:
    """Return the condition that a text has all the words."""
    return Q(*(Q(**{f"{column}__icontains": word}) for word in words))


def _newest(number: int, thing: Destination, words: Sequence[str]) -> QuerySet[Any, Any]:
    """Return the rows of a kind of things for the union.

    SQLite limits the parts of a union only in a subquery.
    """
    rows = thing.rows.filter(having(thing.name, words))
    newest = rows.order_by("-created_at").values("pk")[:MAX_OF_KIND]
    listed = rows.model._default_manager.filter(pk__in=newest).order_by()
    columns = {"number": Value(number), "label": F(thing.name), "at": F("created_at")}
    labelled: QuerySet[Any, Any] = listed.annotate(**columns).values_list(
        "number", "pk", "label", "at"
    )
    return labelled
