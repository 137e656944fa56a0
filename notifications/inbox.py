"""The inbox: what a user is told, how much of it is new, and what waits for an act of theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse

from catalog.changelog.personal_news import Entry
from core.db import clock
from notifications import kinds, things
from notifications.models import Notification
from runs.models import Run

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable, Sequence
    from typing import Any

    from django.contrib.auth.models import User
    from django.db.models import Model, QuerySet

    from notifications.models import Delivery

MAX_COUNTED = 99
MOST_ENTRIES = 40


def lines(user: User, labels: Iterable[str] | None = None) -> QuerySet[Notification]:
    """Return what the user may read, newest first: not what is about things out of their sight."""
    return _own(user).filter(things.are_visible(user, labels))


def _own(user: User) -> QuerySet[Notification]:
    return _of_known_kinds(user).exclude(kind=kinds.TEST)


def _of_known_kinds(user: User) -> QuerySet[Notification]:
    hidden = kinds.hidden_from(user)
    return Notification.objects.filter(user_id=user.pk).exclude(kind__in=hidden)


def readable(user: User, deliveries: Sequence[Delivery]) -> set[uuid.UUID]:
    """Return the keys of those deliveries of the user's that are about what they may read now."""
    told = [one.notification for one in deliveries if one.notification]
    visible = things.are_visible(user, {line.about for line in told})
    lines = _of_known_kinds(user).filter(visible, pk__in=[line.pk for line in told])
    runs = Run.objects.own(user).filter(pk__in=[one.run_id for one in deliveries if one.run_id])
    seen = {*lines.values_list("pk", flat=True), *runs.values_list("pk", flat=True)}
    return {one.pk for one in deliveries if seen & {one.notification_id, one.run_id}}


def count_new(user: User) -> int:
    """Count what is new, up to `MAX_COUNTED`; one query, a second one if that is about things."""
    new = _own(user).filter(seen_at=None).order_by()
    labels = list(new.values_list("about", flat=True)[:MAX_COUNTED])
    if not any(labels):
        return len(labels)
    return lines(user, labels).filter(seen_at=None).order_by()[:MAX_COUNTED].count()


def waiting(user: User) -> QuerySet[Notification]:
    """Return what asks the user for an act, newest first."""
    asking = lines(user).filter(kind__in=kinds.asking())
    return asking.filter(things.are_waiting(user))


def entries(lines: QuerySet[Notification]) -> list[Entry]:
    """Return the first lines as the catalogue's pages show them."""
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
    """Return the keys of the rows of a model about which there is something new. One query."""
    label = model._meta.label_lower
    new = _own(user).filter(seen_at=None, about=label).order_by()
    return {thing or number for thing, number in new.values_list("thing", "number")}


def see(user: User, row: Model, *of_kinds: str) -> None:
    """Mark as seen what the user is told about a row; of some kinds, if they are named."""
    new = Notification.objects.filter(user_id=user.pk, seen_at=None, **things.key_of(row))
    _mark(new.filter(kind__in=of_kinds) if of_kinds else new)


def open_line(line: Notification) -> None:
    """Mark a line as seen."""
    _mark(Notification.objects.filter(pk=line.pk, seen_at=None))


def see_all(user: User) -> None:
    """Mark all that the user is told as seen."""
    _mark(Notification.objects.filter(user_id=user.pk, seen_at=None))


def settle(row: Model) -> None:
    """Mark as seen what anybody is told about a row: nobody has to act on it any more."""
    _mark(Notification.objects.filter(seen_at=None, **things.key_of(row)))


def _mark(new: QuerySet[Notification]) -> None:
    if new.exists():  # mostly not: an UPDATE would take SQLite's lock for nothing
        new.update(seen_at=clock.now())
