"""Data of one person's page for admins, and the changes that they make there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.utils import timezone

from accounts import roles
from accounts.roles import Role
from accounts.sessions import active_sessions
from accounts.sign_in.issuers import connections
from core.db.name_order import by_name
from core.periods import month_start
from core.refusals import Refused
from house import access
from house.models import Joining
from projects.models import Membership, Project
from runs.costs import ledger

if TYPE_CHECKING:
    from allauth.usersessions.models import UserSession

    from api.models import Token


@dataclass(frozen=True)
class Overview:
    """The data of a person's page."""

    person: User
    role: Role
    memberships: Sequence[Membership]
    sessions: Sequence[UserSession]
    tokens: Sequence[Token]
    second_step: access.SecondStep
    issuers: Sequence[connections.Connection]
    joinings: Sequence[Joining]
    last_seen: datetime | None
    spent_this_month: Decimal
    spent: Decimal


def find(user_id: int) -> User | None:
    """Return a person, annotated by `access.with_last_seen`; None if there is none."""
    return access.with_last_seen(User.objects.filter(pk=user_id)).first()


def overview(person: User, key: str | None) -> Overview:
    """Return the data of a person from `find`; `key` is the key of the reader's own session."""
    memberships = Membership.objects.filter(user=person, project__person=None)
    joinings = Joining.objects.filter(user=person).select_related("invitation__made_by")
    no_sum = Decimal(0)
    return Overview(
        person,
        roles.role_of(person),
        list(memberships.select_related("project").order_by(by_name("project__name"), "pk")),
        active_sessions.list_for_user(person, key),
        list(access.tokens_of(person)),
        access.second_step_of(person),
        connections.list_connections(person),
        list(joinings),
        access.last_seen(person),
        ledger.spent_by_people([person.pk], month_start(timezone.now())).get(person.pk, no_sum),
        ledger.spent_by_people([person.pk]).get(person.pk, no_sum),
    )


def projects_to_add(person: User) -> Sequence[Project]:
    """Return the shared projects that the person is not in, by name."""
    own = Membership.objects.filter(user=person)
    shared = Project.objects.active().filter(person=None)
    return list(shared.exclude(pk__in=own.values("project")).order_by(by_name("name"), "pk"))


def change_role(by: User, person: User, new_role: str, shown_role: str) -> str:
    """Give the person another role; returns a sentence about what happened, for `by`.

    `shown_role` is the role that the page showed. The last change wins; the sentence mentions a
    change that somebody else made meanwhile. Raises Refused.
    """
    if new_role not in Role.values:
        raise Refused("Choose a role: member, curator or admin.")
    role = Role(new_role)
    before = roles.set_role(person, role, by)
    now = f"{person.get_username()} is now {_with_article(role)}."
    if shown_role and shown_role != before:
        return (
            f"{now} Somebody else had made them {_with_article(before)} while this page was open."
        )
    return now


def _with_article(role: Role) -> str:
    word = role.label.lower()
    return f"an {word}" if role == Role.ADMIN else f"a {word}"
