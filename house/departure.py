"""Lets a person leave the house: access ends at once, and their work stays or passes to another.

The account is closed but kept: work in shared projects stays under the name of a former member.
Running runs go on to their end; nothing new begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef

from accounts import permissions, roles
from accounts.audit import trail
from accounts.roles import Role
from accounts.sessions import active_sessions
from core.db.name_order import by_name
from core.formatting import enumerated
from house import access, invitations
from house.models import Invitation
from projects import members
from projects.models import Membership, Project
from runs.models import Run, Share
from runs.ownership import handover
from runs.ownership.handover import Belongings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet


class Fate(StrEnum):
    """What happens to the work of a person who leaves."""

    STAYS = "stays"
    PRIVATE_PASSES = "private"
    PASSES = "passes"
    REMOVED = "removed"


MEANINGS = {
    Fate.STAYS: (
        "Everything stays as it is",
        "in shared projects under their name, as a former member. Their private project stays "
        "closed: nobody sees it until it passes to somebody. Links to their files and their "
        "shares end.",
    ),
    Fate.PRIVATE_PASSES: (
        "Private work passes on",
        "to the private project of the person you choose, and its shares go on. What is in "
        "shared projects stays under their name, as a former member, and its shares end.",
    ),
    Fate.PASSES: (
        "Everything passes on",
        "to the person you choose: what is in shared projects stays there under the new name, "
        "and all shares go on.",
    ),
    Fate.REMOVED: (
        "Everything passes on, and the account is deleted",
        "with its stars, views and drafts. This cannot be undone.",
    ),
}


class Leaver(NamedTuple):
    """The belongings and accesses of a person who is about to leave."""

    in_all: Sequence[Belongings]
    private: Sequence[Belongings]
    managed_alone: Sequence[Project]
    sessions: int
    tokens: int
    invitations: int
    unfinished_runs: int


class DepartureResult(NamedTuple):
    """The result of a departure."""

    fate: Fate
    passed: Sequence[Belongings]
    managed: Sequence[Project]  # projects that `to` manages now, because nobody else did

    def sentence(self, name: str, to: str) -> str:
        """Return the message for the admin who ended the account of `name`."""
        has_left = (
            "is removed" if self.fate == Fate.REMOVED else "has left and no longer has access"
        )
        parts = [f"{name} {has_left}."]
        if self.fate != Fate.STAYS:
            parts.append(f"{to} has received {in_words(self.passed) or 'nothing'}.")
        if self.managed:
            names = ", ".join(f"“{project}”" for project in self.managed)
            parts.append(f"{to} now manages {names}.")
        return " ".join(parts)


def preview(person: User) -> Leaver:
    """Return the person's belongings and accesses, before they leave."""
    return Leaver(
        [part for part in handover.belongings(person) if part.number],
        [part for part in handover.private_belongings(person) if part.number],
        list(managed_alone(person)),
        len(active_sessions.list_for_user(person, None)),
        access.tokens_of(person).count(),
        Invitation.objects.filter(made_by=person, revoked_at=None).count(),
        Run.objects.filter(user=person).unfinished().count(),
    )


def managed_alone(person: User) -> QuerySet[Project]:
    """Return the person's shared projects that no other active account manages."""
    managers = Membership.objects.filter(role=Membership.Role.MANAGER)
    co_managers = managers.filter(project=OuterRef("pk"), user__is_active=True).exclude(user=person)
    own = managers.filter(project=OuterRef("pk"), user=person)
    return Project.objects.filter(Exists(own), ~Exists(co_managers), person=None).order_by(
        by_name("name"), "pk"
    )


def leave(person: User, by: User, fate: Fate, to: User) -> DepartureResult:
    """End a person's access at once, and apply the chosen `fate` to their work.

    `to` gets the work that passes on, and manages projects that nobody else would manage. Raises
    Refused; nothing has changed then.
    """
    if fate == Fate.REMOVED:
        permissions.require(by, permissions.DELETE_USER)
    with transaction.atomic():
        handover.require_may_end(person, by)
        handover.lock_both(person, to)
        invitations.revoke_all_of(person, by)
        access.end_all(person, by)
        managed = list(managed_alone(person))
        if fate == Fate.REMOVED:
            return DepartureResult(fate, handover.remove(person, to, by), managed)
        members.pass_on(person, to, by)
        passed = _pass_on(person, fate, to)
        members.end_all(person, by)
        roles.set_role(person, Role.MEMBER, by)
        User.objects.filter(pk=person.pk).update(is_active=False)
        detail = f"{to.get_username()} got {in_words(passed)}" if passed else "their work stays"
        trail.record(by, "deactivated", [person], detail)
    return DepartureResult(fate, passed, managed)


def take_back(person: User, by: User) -> None:
    """Let a person who has left sign in again, as a member without projects; idempotent."""
    with transaction.atomic():
        former = User.objects.filter(pk=person.pk, is_active=False)
        if former.update(is_active=True):
            trail.record(by, "activated", [person])


def in_words(parts: Iterable[Belongings]) -> str:
    """Return the belongings in words, without empty kinds: "2 runs and 1 board"."""
    return enumerated([part.summary for part in parts if part.number])


def _pass_on(person: User, fate: Fate, to: User) -> list[Belongings]:
    if fate == Fate.PASSES:
        return handover.hand_over(person, to)
    if fate == Fate.PRIVATE_PASSES:
        return handover.hand_over_private(person, to)
    Share.objects.filter(user=person, opens_files=True).delete()
    return []
