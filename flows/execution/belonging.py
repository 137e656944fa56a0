"""Finds the run of a flow that has a run for one of its steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flows.models import FlowRun, StepRun
from runs.owners import Place

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    from runs.models import Run


def flow_runs_of(user: User | AnonymousUser, run: Run) -> list[Place]:
    """Return the run of a flow for which this run was made.

    Of one that the user may only know to be there, without its name.
    """
    steps = StepRun.objects.filter(run=run, is_reused=False, replaced_at=None)
    noticed = FlowRun.objects.noticed_by(user).filter(pk__in=steps.values("flow_run"))
    flow_runs = list(noticed.select_related("flow")[:1])
    covered = set(noticed.covered_to(user).values_list("pk", flat=True))
    return [
        Place(
            "Run of a flow",
            "private" if flow_run.pk in covered else flow_run.flow.name or "Untitled",
            flow_run.get_absolute_url(),
        )
        for flow_run in flow_runs
    ]
