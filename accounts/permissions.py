"""The permissions for other people's objects; an object's owner needs none.

To see everybody's runs, or to act on other people's objects, a user must be staff and have a Django
permission, granted to them or to a group in the admin. Superusers have all permissions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

VIEW_RUN = "playground.view_run"
DELETE_RUN = "playground.delete_run"
VIEW_WORKER = "playground.view_worker"
VIEW_AUDIT = "accounts.view_auditentry"
CHANGE_USER = "auth.change_user"
DELETE_USER = "auth.delete_user"
ADD_USER = "auth.add_user"
ADD_PROJECT = "projects.add_project"  # all roles have it, and it does not need staff
CHANGE_PROJECT = "projects.change_project"
CANCEL_RUN = "playground.cancel_any_run"
PUBLISH_RUN = "playground.publish_any_run"
CHANGE_RUN = "playground.change_run"
CHANGE_PRESET = "playground.change_preset"
DELETE_PRESET = "playground.delete_preset"
HOUSE_DEFAULT = "playground.set_house_default"
DELETE_NOTE = "catalog.delete_note"
CHANGE_ENDPOINT = "catalog.change_endpoint"
VIEW_COLLECTION = "catalog.view_collection"
ADD_COLLECTION = "catalog.add_collection"
CHANGE_COLLECTION = "catalog.change_collection"
DELETE_COLLECTION = "catalog.delete_collection"
SYNC = "catalog.add_syncreport"
CHANGE_HOUSE_RULES = "projects.change_house_rules"
CHANGE_BUDGETS = "spending.change_budget"
SEE_ALL_SHARES = "sharing.see_all_shares"

# Each of these permissions includes seeing everybody's runs.
SEE_RUNS = (VIEW_RUN, CHANGE_RUN, DELETE_RUN, CANCEL_RUN, PUBLISH_RUN)

# Completes the sentence "You may not …".
ACTIONS: Mapping[str, str] = {
    VIEW_RUN: "see somebody else's runs",
    DELETE_RUN: "delete somebody else's run",
    VIEW_WORKER: "look at the status page",
    VIEW_AUDIT: "look at the audit log",
    CHANGE_USER: "manage people's accounts",
    DELETE_USER: "remove an account",
    ADD_USER: "invite people",
    CHANGE_PROJECT: "change who is in a project that you do not manage",
    CANCEL_RUN: "cancel somebody else's run",
    PUBLISH_RUN: "show somebody else's run to the team",
    CHANGE_RUN: "star somebody else's run",
    CHANGE_PRESET: "change somebody else's preset",
    DELETE_PRESET: "delete somebody else's preset",
    HOUSE_DEFAULT: "choose which preset fills new forms",
    DELETE_NOTE: "delete somebody else's note",
    CHANGE_ENDPOINT: "mark models",
    VIEW_COLLECTION: "export collections",
    ADD_COLLECTION: "create a collection",
    CHANGE_COLLECTION: "change collections",
    DELETE_COLLECTION: "delete a collection",
    SYNC: "have the catalogue read now",
    CHANGE_HOUSE_RULES: "change the house's rules for models",
    CHANGE_BUDGETS: "see and change the house's budgets and bills",
    SEE_ALL_SHARES: "see everybody's shares",
}


def may(user: User | AnonymousUser, permission: str) -> bool:
    """Return whether the user is staff with this permission.

    Queries the database for staff only.
    """
    return user.is_staff and user.has_perm(permission)


def may_see_runs(user: User | AnonymousUser) -> bool:
    """Return whether the user sees everybody's runs; acting on other people's runs implies it."""
    return user.is_staff and any(user.has_perm(name) for name in SEE_RUNS)


def require(user: User | AnonymousUser, permission: str) -> None:
    """Raise PermissionDenied, with a message for people, if the user lacks the permission."""
    if not may(user, permission):
        raise PermissionDenied(
            f"You may not {ACTIONS[permission]}. This needs the permission “{permission}”: ask an "
            "admin of Vitrine for it."
        )


def require_for(user: User | AnonymousUser, owner_id: int, permission: str) -> None:
    """Like `require`, unless the user owns the object."""
    if user.pk != owner_id:
        require(user, permission)


def name_of_other(user: User | AnonymousUser, owner_id: int) -> str:
    """Return the user's name, for "cancelled by …"; an empty string for the object's owner."""
    return user.get_username() if user.pk != owner_id else ""
