"""Admins, invitations, and simultaneous actions, for tests about people."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib.auth.models import User

from accounts import roles
from accounts.roles import Role
from core.refusals import Refused
from house import invitations
from house.models import Invitation
from projects.models import Project
from tests.runs.at_once import at_once


def make_admin(name: str) -> User:
    """Return an admin of the house who is no superuser."""
    person = User.objects.create_user(name, password="pw")
    roles.set_role(person, Role.ADMIN, None)
    return User.objects.get(pk=person.pk)


def invite(
    by: User,
    *projects: tuple[Project, str],
    role: Role = Role.MEMBER,
    email: str = "",
    max_uses: int | None = 1,
) -> tuple[Invitation, str]:
    """Return an invitation that is valid for a week, with its token."""
    wanted: Sequence[Any] = (role, list(projects), email, 7, max_uses)
    return invitations.make(by, invitations.InvitationValues(*wanted))


def run_at_once(*deeds: Callable[[], object]) -> list[str]:
    """Start actions at the same moment; return `done`, or the refusal, for each."""
    outcomes = []
    for outcome in at_once(*deeds):
        if isinstance(outcome, Exception) and not isinstance(outcome, Refused):
            raise outcome
        outcomes.append(f"refused: {outcome}" if isinstance(outcome, Refused) else "done")
    return sorted(outcomes)


def text_of(page: Any) -> str:
    """Return the text of a page, with single spaces."""
    return " ".join(page.content.decode().split())
