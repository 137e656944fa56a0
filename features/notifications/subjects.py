"""The models that notifications are about, and who may still read them; checked at each display."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import Model, Q, QuerySet

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from features.notifications.models import Notification

Rows = Callable[["User"], "QuerySet[Any]"]
# (user, keys of rows) → addresses of pictures that the user may see, by key
Pictures = Callable[["User", Collection[Any]], Mapping[Any, Sequence[str]]]


class Button(NamedTuple):
    """A button of a line, which posts `value` to an address."""

    label: str
    address: str
    value: str


# (user, keys of rows) → the button of each row that waits for the user, by key
Buttons = Callable[["User", Collection[Any]], Mapping[Any, Button]]


class Thing(NamedTuple):
    """A model that notifications are about, with its rows that a user sees or has to act on."""

    visible: Rows
    waiting: Rows | None  # None: an action is required until the line is seen
    pictures: Pictures | None
    buttons: Buttons | None


_THINGS: dict[str, Thing] = {}


def register(
    model: type[Model],
    visible: Rows,
    waiting: Rows | None = None,
    pictures: Pictures | None = None,
    buttons: Buttons | None = None,
) -> None:
    """Let notifications be about rows of a model."""
    _THINGS[model._meta.label_lower] = Thing(visible, waiting, pictures, buttons)


def pictures_of(
    user: User, notifications: Iterable[Notification]
) -> dict[tuple[str, Any], Sequence[str]]:
    """Return the pictures of the rows that notifications are about, by model and key.

    Rows of two models can have the same key: request 5 must not show model 5.
    """
    return {
        (label, key): addresses
        for label, keys in _keys_of(notifications).items()
        if (pictures := _THINGS[label].pictures)
        for key, addresses in pictures(user, keys).items()
    }


def buttons_of(user: User, notifications: Iterable[Notification]) -> dict[tuple[str, Any], Button]:
    """Return the buttons of the rows that wait for the user, by model and key."""
    return {
        (label, key): button
        for label, keys in _keys_of(notifications).items()
        if (buttons := _THINGS[label].buttons)
        for key, button in buttons(user, keys).items()
    }


def _keys_of(notifications: Iterable[Notification]) -> dict[str, set[Any]]:
    """Return the keys of the rows that notifications are about, by model."""
    keys: dict[str, set[Any]] = defaultdict(set)
    for notification in notifications:
        if notification.about in _THINGS:
            keys[notification.about].add(row_key(notification))
    return keys


def row_key(notification: Notification) -> Any:
    """Return the primary key of the row that a notification is about; 0 if there is none."""
    return notification.thing or notification.number


def key_of(row: Model) -> dict[str, Any]:
    """Return the columns of a notification that name a row."""
    column = "thing" if isinstance(row.pk, uuid.UUID) else "number"
    return {"about": row._meta.label_lower, column: row.pk}


def are_visible(user: User, labels: set[str] | None = None) -> Q:
    """Return the condition for notifications about no row, or about a row that the user sees.

    `labels` limits the models, by default all, since each is a part of the query.
    """
    condition = Q(about="")
    for label in _THINGS.keys() if labels is None else _THINGS.keys() & labels:
        condition |= _among(label, _THINGS[label].visible(user))
    return condition


def may_wait() -> Q:
    """Return the condition for notifications that may require an action, without other tables."""
    return Q(seen_at=None) | Q(about__in=_waiting_rows())


def are_waiting(user: User, labels: set[str]) -> Q:
    """Return the condition for notifications that still require an action, or are new."""
    by_act = _waiting_rows()
    condition = Q(seen_at=None) & ~Q(about__in=by_act)
    for label in by_act.keys() & labels:
        condition |= _among(label, by_act[label](user))
    return condition


def _waiting_rows() -> dict[str, Rows]:
    return {label: thing.waiting for label, thing in _THINGS.items() if thing.waiting}


def _among(label: str, rows: QuerySet[Any]) -> Q:
    column = "thing" if rows.model._meta.pk.get_internal_type() == "UUIDField" else "number"
    return Q(**{"about": label, f"{column}__in": rows.order_by().values("pk")})
