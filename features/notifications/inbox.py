"""The inbox: a user's notifications, the number of new ones, and those that require an action."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import CharField, IntegerField
from django.urls import reverse

from catalog.changelog.personal_news import Entry
from core.db import clock
from core.db.prepared_queries import Param, ParamList, PreparedQuery
from features.notifications import kinds, subjects
from features.notifications.models import Notification

if TYPE_CHECKING:
    from typing import Any

    from django.contrib.auth.models import User
    from django.db.models import Model, Q, QuerySet

MAX_COUNTED = 99
MOST_ENTRIES = 40


def lines(user: User, *conditions: Q) -> QuerySet[Notification]:
    """Return the user's notifications, newest first, without those about rows they cannot see."""
    own = _own(user).filter(*conditions)
    return _visible(own, user, _labels_of(own))


def _own(user: User) -> QuerySet[Notification]:
    return Notification.objects.filter(user_id=user.pk).exclude(kind__in=_hidden_from(user))


def _hidden_from(user: User) -> list[str]:
    return [kinds.TEST, *kinds.hidden_from(user)]


def _labels_of(own: QuerySet[Notification]) -> set[str]:
    """Return the models that these are about, since each is a part of a query.

    Compiling a query of all models takes too long for a page, and most are rarely needed.
    """
    return set(own.order_by().values_list("about", flat=True).distinct())


def _visible(own: QuerySet[Notification], user: User, labels: set[str]) -> QuerySet[Notification]:
    return own.filter(subjects.are_visible(user, labels)) if labels else own.none()


def count_new(user: User) -> int:
    """Count new lines, up to `MAX_COUNTED`; one query, a second one if any is about a row."""
    labels = _NEW.all(user=user.pk, hidden=_hidden_from(user))
    if not any(labels):
        return len(labels)
    new = _own(user).filter(seen_at=None).order_by()
    return _visible(new, user, set(labels))[:MAX_COUNTED].count()


# Every page runs it.
_NEW = PreparedQuery(
    lambda: (
        Notification.objects.filter(user_id=Param("user", IntegerField()), seen_at=None)
        .exclude(kind__in=ParamList("hidden", CharField()))
        .order_by()
        .values_list("about", flat=True)[:MAX_COUNTED]
    )
)


def waiting(user: User) -> QuerySet[Notification]:
    """Return the lines that require an action of the user, newest first."""
    asking = _own(user).filter(subjects.may_wait(), kind__in=kinds.asking())
    labels = _labels_of(asking)
    return _visible(asking, user, labels).filter(subjects.are_waiting(user, labels))


def entries(lines: QuerySet[Notification]) -> list[Entry]:
    """Return the first lines as entries for the catalogue's pages."""
    return [
        Entry(
            line.key,
            line.created_at,
            line.subject,
            line.text,
            reverse("notifications:line", args=[line.pk]),
        )
        for line in lines[:MOST_ENTRIES]
    ]


def new_things(user: User, model: type[Model]) -> set[Any]:
    """Return the keys of a model's rows with new notifications. One query."""
    label = model._meta.label_lower
    new = _own(user).filter(seen_at=None, about=label).order_by()
    return {thing or number for thing, number in new.values_list("thing", "number")}


def see(user: User, row: Model, *of_kinds: str) -> None:
    """Mark the user's notifications about a row as seen; only those `of_kinds`, if given."""
    new = Notification.objects.filter(user_id=user.pk, seen_at=None, **subjects.key_of(row))
    _mark(new.filter(kind__in=of_kinds) if of_kinds else new)


def open_line(line: Notification) -> None:
    """Mark a line as seen."""
    _mark(Notification.objects.filter(pk=line.pk, seen_at=None))


def see_all(user: User) -> None:
    """Mark all of the user's notifications as seen."""
    _mark(Notification.objects.filter(user_id=user.pk, seen_at=None))


def settle(row: Model) -> None:
    """Mark everybody's notifications about a row as seen, once no action is required."""
    _mark(Notification.objects.filter(seen_at=None, **subjects.key_of(row)))


def _mark(new: QuerySet[Notification]) -> None:
    if new.exists():  # usually not, and an UPDATE would take SQLite's lock for nothing
        new.update(seen_at=clock.now())
