"""One change of a project at a time, each decided by what the row says then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core import refusals
from projects import roles
from projects.models import Project

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class Refused(refusals.Refused):
    """The project was not changed; the message says why, and what to do."""


def locked_for(by: User, project: Project) -> Project:
    """Return the project's row, locked in this transaction; PermissionDenied for no manager.

    The role is read under the lock: a manager may have been made a viewer a moment ago. New work
    is not held up by the lock.
    """
    row = locked(project)
    roles.require_manager(by, row)
    return row


def locked(project: Project) -> Project:
    """Return the project's row, locked in this transaction; raises Refused if it is gone."""
    row = Project.objects.select_for_update(no_key=True).filter(pk=project.pk).first()
    if row is None:
        raise Refused("The project is gone: somebody deleted it meanwhile.")
    return row
