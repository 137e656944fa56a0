"""What a user may do with a flow, or with a run of one, that they see."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from projects import roles
from projects.models.in_project import MAKERS
from runs.progress import watch_tokens

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from flows.models import Flow, FlowRun
    from projects.models import Project

VIEW = "flow"  # of a run of a flow, as in `watch_tokens`
REPEAT = "repeat"


class Rights(NamedTuple):
    """What a flow's page offers; `why_not` says why the user may not run it in `target`."""

    may_edit: bool
    may_delete: bool
    target: Project
    why_not: str


def rights_in(user: User, flow: Flow, here: Project) -> Rights:
    """Return the rights to a flow on a page of the project `here`.

    No query for what lives in the user's private project, and one for what they may change.
    """
    role = roles.role_in(flow.project, user)
    may_edit = role in MAKERS and flow.project.archived_at is None
    is_managed = role == roles.Role.MANAGER and not flow.is_hidden
    may_delete = bool(role) and (flow.user_id == user.pk or is_managed)
    if may_edit:
        return Rights(may_edit, may_delete, flow.project, "")
    return Rights(may_edit, may_delete, here, roles.refusal_to_make(user, here))


def view_for(user: User, flow_run: FlowRun) -> str:
    """Return the name of the user's view of a run of a flow, with the rights to act on it.

    As in `watch_tokens.view_for`, it names the member, unless all is the user's own.
    """
    role = roles.role_in(flow_run.project, user)
    is_managed = role == roles.Role.MANAGER and not flow_run.is_hidden
    is_own = flow_run.user_id == user.pk
    may_repeat = role in MAKERS and flow_run.project.archived_at is None
    if is_own and may_repeat and not flow_run.repeated_by_id:
        return VIEW
    granted = [watch_tokens.CANCEL] if is_own or is_managed else []
    granted += [REPEAT] if may_repeat else []
    return ".".join([f"{VIEW}{watch_tokens.ONLY}", *granted, str(user.pk)])
