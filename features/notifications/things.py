"""What notifications are about, and who may still read of it: asked whenever they are shown."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import Model, Q, QuerySet

if TYPE_CHECKING:
    from django.contrib.auth.models import User

Rows = Callable[["User"], "QuerySet[Any]"]


class Thing(NamedTuple):
    """A model that notifications are about: the rows that a user sees, and that wait for them."""

    visible: Rows
    waiting: Rows | None  # None: what asks for an act does so until it is seen


_THINGS: dict[str, Thing] = {}


def register(model: type[Model], visible: Rows, waiting: Rows | None = None) -> None:
    """Let notifications be about rows of a model."""
    _THINGS[model._meta.label_lower] = Thing(visible, waiting)


def key_of(row: Model) -> dict[str, Any]:
    """Return the columns of a notification that name a row."""
    column = "thing" if isinstance(row.pk, uuid.UUID) else "number"
    return {"about": row._meta.label_lower, column: row.pk}


def are_visible(user: User, labels: set[str] | None = None) -> Q:
    """Return the condition for notifications about nothing, or about what the user sees.

    `labels` are the models that they are about, by default all: every one is a part of the query.
    """
    condition = Q(about="")
    for label in _THINGS.keys() if labels is None else _THINGS.keys() & labels:
        condition |= _among(label, _THINGS[label].visible(user))
    return condition


def may_wait() -> Q:
    """Return the condition for notifications that may still ask for an act: asks no other table."""
    return Q(seen_at=None) | Q(about__in=_waiting_rows())


def are_waiting(user: User, labels: set[str]) -> Q:
    """Return the condition for notifications that still ask for an act, or are new."""
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
