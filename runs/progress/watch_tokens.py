"""The views of runs that users have, and the tokens with which their pages watch runs.

A token is for one user, or for everybody logged in if the run is an example of the team's. A page
that stays open gets new ones (`runs/live/renewal.py`).

The name of a view lists the actions in its fragments, so one rendering serves all users with the
same rights: `stage` is the owner's, with all actions; `stage-only` is read-only;
`stage-only.see.delete` is for users with these rights to other people's runs. The views of project
members, and their tokens, name the member, `stage-only.see.star.7`: each poll checks that they are
still members (`runs/live/renewal.py`).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from accounts import permissions
from accounts.sessions.cache import SessionUser
from core.live import tokens
from core.live.tokens import WatchToken
from projects.models import Membership
from projects.models.in_project import MAKERS, MANAGERS
from runs.models import Run

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

ONLY = "-only"  # marks a view of somebody else's run; the rights follow
# Rights to somebody else's run; each allows an action. SEE allows to continue from the run. LOOK is
# for members who may start nothing.
SEE, CANCEL, STAR, PUBLISH, DELETE = "see", "cancel", "star", "publish", "delete"
LOOK = "look"
_PERMISSIONS = {
    CANCEL: permissions.CANCEL_RUN,
    STAR: permissions.CHANGE_RUN,
    PUBLISH: permissions.PUBLISH_RUN,
    DELETE: permissions.DELETE_RUN,
}


class Viewer:
    """A user who looks at runs: knows what they may do with each, by permission and role.

    No query for own runs, nor for projects where the caller knows the role; one for all others.
    """

    def __init__(
        self, user: User | AnonymousUser, known_roles: Mapping[int, str] = MappingProxyType({})
    ) -> None:
        self._user = user
        self._known_roles = known_roles

    def view_of(self, run: Run, view: str) -> str:
        """Return the name of the user's view of a run, without actions that they may not do."""
        user = self._user
        if run.user_id == user.pk:
            return view
        granted = {
            name for name, permission in _PERMISSIONS.items() if permissions.may(user, permission)
        }
        may_see = bool(granted) or permissions.may_see_runs(user)
        role = "" if run.is_hidden else self._role_in(run.project_id)
        if role in MAKERS:
            granted.add(STAR)
        if role in MANAGERS:
            granted |= {CANCEL, DELETE}
        view_rights = [SEE] if may_see or role in MAKERS else [LOOK] if role else []
        in_order = [name for name in _PERMISSIONS if name in granted]
        member = [str(user.pk)] if role else []
        return ".".join([f"{view}{ONLY}", *view_rights, *in_order, *member])

    def _role_in(self, project_id: int) -> str:
        if project_id in self._known_roles:
            return self._known_roles[project_id]
        return self._roles.get(project_id, "")

    @cached_property
    def _roles(self) -> dict[int, str]:
        """Return the user's role in each of their projects."""
        own_memberships = Membership.objects.filter(user_id=self._user.pk or 0)
        return dict(own_memberships.order_by().values_list("project_id", "role"))


def view_for(user: User | AnonymousUser, run: Run, view: str) -> str:
    """Return the name of this user's view of one run; for lists, share one `Viewer`."""
    return Viewer(user).view_of(run, view)


def member_of(view: str) -> str:
    """Return the key of the member in a view's name; empty for views by other rights."""
    last = view.rpartition(".")[2]
    return last if ONLY in view and last.isdecimal() else ""


def may(view: str, right: str) -> bool:
    """Whether a view of this name offers an action: the owner's view offers all."""
    _, only, rights = view.partition(ONLY)
    return not only or right in rights.split(".")


def is_of_others(view: str) -> bool:
    """Whether it is a view of somebody else's run."""
    return ONLY in view


def is_looked_at(view: str) -> bool:
    """Whether it is the view of a member of the run's project who may start nothing there."""
    return is_of_others(view) and may(view, LOOK)


def kind_of(view: str) -> str:
    """Return the name of a view without its rights: `stage`."""
    return view.partition(ONLY)[0]


def same_rights(view: str, kind: str) -> str:
    """Return the name of a view of another kind with the same rights."""
    return kind + view.removeprefix(kind_of(view))


def data_watch(run: Run, view: str) -> str:
    """Return what a page's poll sends for this run: the JSON of its `data-watch` attribute."""
    return json.dumps({"view": view, "token": run_token(run, view)})


def data_watch_group(group: str, view: str, user_id: int) -> str:
    """Return what a page's poll sends for each run of a user's group, in the same JSON form.

    A page of hundreds of runs, such as a board, has one token for all (`runs/live/groups.py`).
    """
    token = group_token(group, view, user_id)
    return json.dumps({"view": view, "token": token, "group": group})


def run_token(run: Run, view: str) -> str:
    """Return a token for this run in a view."""
    is_everybodys = run.is_example and run.state == Run.State.SUCCEEDED
    watcher = member_of(view) or str(run.user_id)
    return tokens.issue(f"{run.pk}:{view}", tokens.ANYBODY if is_everybodys else watcher)


def group_token(group: str, view: str, user_id: int) -> str:
    """Return a token for all runs of a user's group, named `<kind>.<key>`."""
    return tokens.issue(f"{group}:{view}", str(user_id))


def verify(pk: uuid.UUID | str, view: str, text: str) -> WatchToken | None:
    """Return the parsed token of a run or group in a view; None if its signature is wrong."""
    return tokens.verify(f"{pk}:{view}", text)


def is_for(token: WatchToken, person: SessionUser) -> bool:
    """Whether this user may watch the run, however old the token: own, example, permission."""
    return token.whose in {tokens.ANYBODY, str(person.pk)} or person.may_see_runs


def allows(token: WatchToken, person: SessionUser) -> bool:
    """Whether this user may watch the run with this token now."""
    return is_for(token, person) and not token.is_expired
