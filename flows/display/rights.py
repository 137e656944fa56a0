"""What a user may do with a flow, or with a run of one, that they see."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from projects import roles
from projects.models.in_project import MAKERS
from runs.models import Run
from runs.progress import watch_tokens

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from flows.models import Flow, FlowRun, StepRun
    from projects.models import InProject, Project

VIEW = "flow"  # of a run of a flow, as in `watch_tokens`
REPEAT = "repeat"
READ_ONLY = "You look at this flow as an admin: it is there to be read, not to be run or copied."
WITHHELD = "The run of this step is no longer shared."


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
    role = _role_in(flow, user)
    may_edit = role in MAKERS and flow.project.archived_at is None
    is_managed = role == roles.Role.MANAGER
    may_delete = bool(role) and (flow.user_id == user.pk or is_managed)
    if may_edit:
        return Rights(may_edit, may_delete, flow.project, "")
    is_offered = bool(role) or flow.visibility == flow.Visibility.TEAM
    why_not = roles.refusal_to_make(user, here) if is_offered else READ_ONLY
    return Rights(may_edit, may_delete, here, why_not)


def view_for(user: User, flow_run: FlowRun) -> str:
    """Return the name of the user's view of a run of a flow, with the rights to act on it.

    As in `watch_tokens.view_for`, it names the member, unless all is the user's own.
    """
    role = _role_in(flow_run, user)
    is_managed = role == roles.Role.MANAGER
    is_own = flow_run.user_id == user.pk
    may_repeat = role in MAKERS and flow_run.project.archived_at is None
    if is_own and may_repeat and not flow_run.repeated_by_id:
        return VIEW
    granted = [watch_tokens.CANCEL] if is_own or is_managed else []
    granted += [REPEAT] if may_repeat else []
    return ".".join([f"{VIEW}{watch_tokens.ONLY}", *granted, str(user.pk)])


def _role_in(row: InProject, user: User) -> str:
    """Return the user's role; empty for what is hidden from it, which admins only read."""
    is_seen = row.user_id == user.pk or not row.is_hidden
    return roles.role_in(row.project, user) if is_seen else ""


# Which runs may be shown with a flow or with a run of one: those that all who see it may read.
def withheld(flow_run: FlowRun, begun: Iterable[StepRun]) -> set[str]:
    """Return the steps whose run not everybody who sees the page may read, by their ids.

    One query if there are runs from elsewhere, and none otherwise.
    """
    loaded = {step.step: step.run for step in begun if step.run}
    runs = Run.objects.withheld_with(flow_run, loaded.values())
    return {step for step, run in loaded.items() if run.pk in runs}
