"""Places to jump to, including the named things of all apps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import F, Q, Value
from django.urls import reverse

from projects.kept.models import Kept, kinds, rows_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.db.models import QuerySet

MAX_OF_KIND = 4


@dataclass(frozen=True)
class Place:
    """One place to jump to; `mark` is that of a model, or says that it is gone upstream.

    `lock` says why a rule of the page's project locks a model. `namesake` is a model's id, shown if
    another model has the same name. `synonyms` are other words for a page, separated by commas.

    An action presses the control with the selector `press`, or posts to the address `post`, which
    redirects back to the page. `address` is a page that does the same.
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
    if not words:
        return []
    with_page = [kind for kind in kinds() if kind.route]
    first, *rest = (_newest(number, kind, user, words) for number, kind in enumerate(with_page))
    places: list[list[Place]] = [[] for _ in with_page]
    for number, pk, label, _ in first.union(*rest, all=True).order_by("-at"):
        places[number].append(Place(label, "", reverse(with_page[number].route, args=[pk])))
    titles = (str(kind._meta.verbose_name_plural).capitalize() for kind in with_page)
    return [*map(Group, titles, places)]


def having(column: str, words: Sequence[str]) -> Q:
    """Return the condition that a column contains all the words."""
    return Q(*(Q(**{f"{column}__icontains": word}) for word in words))


def _newest(number: int, kind: type[Kept], user: User, words: Sequence[str]) -> QuerySet[Any, Any]:
    """Return the rows of a kind of things for the union.

    SQLite limits the parts of a union only in a subquery.
    """
    name, *_ = kind.searched
    rows = rows_of(kind).findable(user).filter(having(name, words))
    newest = rows.order_by("-created_at").values("pk")[:MAX_OF_KIND]
    newest_rows = rows.model._default_manager.filter(pk__in=newest).order_by()
    columns = {"number": Value(number), "label": F(name), "at": F("created_at")}
    labelled: QuerySet[Any, Any] = newest_rows.annotate(**columns).values_list(
        "number", "pk", "label", "at"
    )
    return labelled
