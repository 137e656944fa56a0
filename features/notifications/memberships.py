"""Notifies people who were added to a project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from features.notifications import kinds, outbox
from projects import members

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from projects.models import Membership


def connect() -> None:
    """Listen to additions."""
    members.added.connect(_notify, dispatch_uid="notifications.member_added")


def _notify(sender: object, by: User, member: Membership, **_: Any) -> None:
    if member.user_id == by.pk:
        return
    project = member.project
    outbox.notify(
        member.user,
        kinds.PROJECT_ADDED,
        subject=f"{members.name_of(by)} has added you to the project “{project.name}”",
        path=f"/?project={project.key}",
        key=f"member {project.pk} {member.pk}",
        about=project,
    )
