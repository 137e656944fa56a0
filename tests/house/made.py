"""Admins, invitations, and simultaneous actions, for tests about people."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db import connections

from accounts import roles
from accounts.roles import Role
from core.refusals import Refused
from house import invitations
from house.models import Invitation
from projects.models import Project


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
    start, outcomes = threading.Barrier(len(deeds)), []

    def act(deed: Callable[[], object]) -> None:
        start.wait(10)
        try:
            deed()
            outcomes.append("done")
        except Refused as refusal:
            outcomes.append(f"refused: {refusal}")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=act, args=[deed]) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return sorted(outcomes)
