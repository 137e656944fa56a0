"""What a user may do with a flow, or a run of a flow, that they see."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from projects import roles
from projects.rights import Rights
from runs.models import Run
from runs.progress import watch_tokens

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from features.flows.models import Flow, FlowRun, StepRun
    from projects.models import Project

VIEW = "flow"  # the view of a flow's run, as in `watch_tokens`
REPEAT = "repeat"
READ_ONLY = "You see this flow as an admin: you can read it, but not run it."
WITHHELD = "The run of this step is no longer shared."


class FlowRights(Rights):
    """The rights to a flow on a page of a project: where it runs, and why it may not."""

    row: Flow

    def __init__(self, user: User, flow: Flow, project: Project) -> None:
        super().__init__(user, flow)
        self.target = flow.project if self.may_change else project

    @cached_property
    def why_not(self) -> str:
        """Return why the user may not run it in `target`; empty if they may."""
        if self.may_change:
            return ""
        is_offered = self.is_member or self.row.visibility == self.row.Visibility.TEAM
        return roles.refusal_to_make(self.user, self.target) if is_offered else READ_ONLY


def view_for(user: User, flow_run: FlowRun) -> str:
    """Return the name of the user's view of a flow's run, with the rights to act on it.

    Like in `watch_tokens.view_for`, it names the member unless everything is the user's own.
    """
    rights = Rights(user, flow_run)
    if rights.is_own and rights.may_change and not flow_run.repeated_by_id:
        return VIEW
    granted = [watch_tokens.CANCEL] if rights.is_own or rights.may_manage else []
    granted += [REPEAT] if rights.may_change else []
    return ".".join([f"{VIEW}{watch_tokens.ONLY}", *granted, str(user.pk)])


# Runs may be shown with a flow, or a run of it, if everybody who sees that may read them.
def withheld(flow_run: FlowRun, step_runs: Iterable[StepRun]) -> set[str]:
    """Return the ids of steps whose run not everybody who sees the page may read.

    One query if there are runs from elsewhere, otherwise none.
    """
    loaded = {step.step: step.run for step in step_runs if step.run}
    runs = Run.objects.withheld_with(flow_run, loaded.values())
    return {step for step, run in loaded.items() if run.pk in runs}
