"""Locks a project's row, so that changes run one at a time and are decided by its current state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.refusals import Refused
from projects import roles
from projects.models import Project

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def locked_for(by: User, project: Project) -> Project:
    """Return the project's row, locked in this transaction; raises PermissionDenied, Refused.

    `by` must be a manager. The role is read under the lock, because it may have changed a moment
    ago. New work does not wait for the lock.
    """
    row = locked(project)
    roles.require_manager(by, row)
    return row


def locked(project: Project) -> Project:
    """Return the project's row, locked in this transaction; raises Refused if it is gone."""
    row = Project.objects.select_for_update(no_key=True).filter(pk=project.pk).first()
    if row is None:
        raise Refused("This project no longer exists: somebody has just deleted it.")
    return row
