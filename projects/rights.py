"""A user's rights to a row that lives in a project, the same for pages, posts and programs.

Querysets decide which rows they see at all (`projects/models/in_project.py`).
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied

from accounts import permissions
from projects import roles
from projects.models.in_project import MAKERS

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    from projects.models import InProject


class Rights:
    """A user's rights to a row, whose project should be loaded.

    Takes no query for a row in the user's private project, one in a shared project, and one more
    for a viewer's `why_not`. Readers who are not members (an admin with a reason, or anybody if the
    row is open to the house) have no other rights.
    """

    def __init__(self, user: User | AnonymousUser, row: InProject) -> None:
        self.user, self.row = user, row
        self.is_own = row.user_id == user.pk

    @cached_property
    def role(self) -> str:
        """Return the user's role in the row's project; empty if they do not see the row."""
        is_seen = self.is_own or not self.row.is_hidden
        return roles.role_in(self.row.project, self.user) if is_seen else ""

    @property
    def is_member(self) -> bool:
        """Return whether the user sees the row as a member of its project."""
        return bool(self.role)

    @property
    def may_change(self) -> bool:
        """Return whether the user may change the row: a maker or manager, project not archived."""
        return self.role in MAKERS and self.row.project.archived_at is None

    @property
    def may_manage(self) -> bool:
        """Return whether the user manages the row's project."""
        return self.role == roles.Role.MANAGER

    @property
    def may_remove(self) -> bool:
        """Return whether the user may delete or stop it: its own user, and managers."""
        return self.is_member and (self.is_own or self.may_manage)

    def may_remove_by(self, permission: str) -> bool:
        """Return whether the user may delete it, or has the `permission` (if any) for all rows."""
        return self.may_remove or bool(permission and permissions.may(self.user, permission))

    def require_removal(self, permission: str = "") -> None:
        """Raise PermissionDenied, saying whom to ask, unless the user may delete or stop it."""
        if self.may_remove_by(permission):
            return
        if self.is_member:
            raise PermissionDenied(
                "Only the person who made it and the project's managers may do this. "
                f"{roles.ask(self.row.project)} to do it."
            )
        permissions.require(self.user, permission)

    @cached_property
    def why_not(self) -> str:
        """Return why a member may not change it, and whom to ask; empty for others."""
        if self.may_change or not self.is_member:
            return ""
        return roles.refusal_to_make(self.user, self.row.project, self.role)
