"""All accesses of a person across apps: when they were last used, and how to end them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from allauth.usersessions.models import UserSession
from django.db.models import OuterRef, QuerySet, Subquery

from accounts.models import LoginLink
from accounts.second_factor import factors, reset
from accounts.sessions import active_sessions, strength
from api import tokens
from api.models import Token

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class Factor(NamedTuple):
    """A second factor of a person, without its secret."""

    name: str
    last_used: datetime | None
    set_up: datetime


class SecondStep(NamedTuple):
    """A person's second factors, and whether they must have one."""

    factors: Sequence[Factor]
    is_required: bool


def with_last_seen(people: QuerySet[User]) -> QuerySet[User]:
    """Annotate people with the last use of a session (`browsed_at`) and a token (`called_at`)."""
    sessions = UserSession.objects.filter(user=OuterRef("pk")).order_by("-last_seen_at")
    used_tokens = Token.objects.filter(user=OuterRef("pk"), last_used_at__isnull=False)
    return people.annotate(
        browsed_at=Subquery(sessions.values("last_seen_at")[:1]),
        called_at=Subquery(used_tokens.order_by("-last_used_at").values("last_used_at")[:1]),
    )


def last_seen(person: User) -> datetime | None:
    """Return the time of the last login or request; `person` comes from `with_last_seen`."""
    moments = (person.last_login, getattr(person, "browsed_at", None))
    return max(filter(None, (*moments, getattr(person, "called_at", None))), default=None)


def tokens_of(person: User) -> QuerySet[Token]:
    """Return the person's tokens that are not revoked."""
    return Token.objects.filter(user=person, revoked_at=None).select_related("project")


def second_step_of(person: User) -> SecondStep:
    """Return the person's second factors, and whether they must have one."""
    rows = [
        Factor(factors.describe(row), row.last_used_at, row.created_at)
        for row in factors.list_factors(person)
    ]
    return SecondStep(rows, strength.must_have_factor(person))


def take_second_step(person: User, by: User) -> str:
    """Remove a person's second factors and end their sessions; returns a sentence for `by`.

    Raises PermissionDenied if the person is a superuser and `by` is not.
    """
    name = person.get_username()
    if not reset.reset_second_factor(person, by):
        return f"{name} has no second step: there was nothing to remove."
    then = " They set up a new one then." if strength.must_have_factor(person) else ""
    return f"{name} logs in without a second step next time. Their sessions are ended.{then}"


def end_all(person: User, by: User) -> None:
    """End every access of a person, in the caller's transaction; it stays ended if they return.

    This covers sessions with their live streams, tokens with the programs that use them, and login
    links.
    """
    active_sessions.end_others(person, None)
    for token in tokens_of(person):
        tokens.revoke(by, token)
    LoginLink.objects.filter(user=person).delete()
