"""The list of people for admins, in the same few queries for any number of people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.core.paginator import Page, Paginator
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts import roles
from accounts.roles import Role
from core.db.name_order import by_name
from core.periods import month_start
from fal.db_safe import db_safe_text
from house import access
from projects.models import Membership
from runs.costs import ledger

if TYPE_CHECKING:
    from django.http import QueryDict

PER_PAGE = 50
ACTIVE, FORMER = "active", "former"


class Filters(NamedTuple):
    """The filters in the URL of the list."""

    q: str = ""
    role: str = ""
    state: str = ACTIVE

    @property
    def query(self) -> str:
        """The query string of the URL."""
        return urlencode({name: value for name, value in self._asdict().items() if value})

    @property
    def active_query(self) -> str:
        """The query string of the same list for active people."""
        return self._replace(state=ACTIVE).query

    @property
    def former_query(self) -> str:
        """The query string of the same list for people who have left."""
        return self._replace(state=FORMER).query


class Entry(NamedTuple):
    """A person with the columns of the list."""

    person: User
    role: Role
    last_seen: datetime | None
    projects: int
    spent: Decimal


def filters_of(parameters: QueryDict | Mapping[str, str]) -> Filters:
    """Return the filters of a URL; unknown values are ignored."""
    role, state = parameters.get("role", ""), parameters.get("state", ACTIVE)
    return Filters(
        db_safe_text(str(parameters.get("q", "")).strip()[:100]),
        role if role in Role.values else "",
        state if state in {ACTIVE, FORMER} else ACTIVE,
    )


def found(filters: Filters) -> QuerySet[User]:
    """Return the people who match the filters, by name."""
    people = User.objects.filter(is_active=filters.state == ACTIVE)
    for word in filters.q.split():
        names = ("username", "first_name", "last_name", "email")
        is_like = Q()
        for name in names:
            is_like |= Q(**{f"{name}__icontains": word})
        people = people.filter(is_like)
    if filters.role:
        people = people.filter(roles.having(Role(filters.role)))
    return people.order_by(by_name("username"), "pk")


def page_of(filters: Filters, number: int) -> tuple[Page[Any], Sequence[Entry]]:
    """Return a page of people, with an entry for each."""
    people = access.with_last_seen(found(filters)).prefetch_related("groups")
    page = Paginator(people.annotate(shared=_projects()), PER_PAGE).get_page(number)
    page_people = list(page.object_list)
    spent_sums = ledger.spent_by_people(
        [person.pk for person in page_people], month_start(timezone.now())
    )
    return page, [
        Entry(
            person,
            roles.role_of(person),
            access.last_seen(person),
            getattr(person, "shared", 0),
            spent_sums.get(person.pk, Decimal(0)),
        )
        for person in page_people
    ]


def _projects() -> Coalesce:
    """Return the number of a person's shared projects."""
    memberships = Membership.objects.filter(user=OuterRef("pk"), project__person=None).order_by()
    return Coalesce(Subquery(memberships.values("user").annotate(n=Count("pk")).values("n")), 0)
