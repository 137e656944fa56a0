"""Handles the end of a flow's run: notifies the owner if it took long."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from core.formatting import duration
from features.flows.compose.definition import parse_definition
from features.flows.execution import steps
from features.flows.models import FlowRun, StepRun
from features.notifications import kinds, outbox
from runs.models import Run
from runs.promises.owners import Place
from runs.results import error_messages
from runs.start import starting
from runs.start.starting import Source

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

SHORTEST = timedelta(minutes=1)  # shorter flow runs need no notification


def is_step(run: Run) -> bool:
    """Whether a run is a step of a flow, whose end is reported with the flow's."""
    return starting.is_of(run, Source.FLOW)


def notify_owner(flow_run: FlowRun, step_runs: dict[str, StepRun]) -> None:
    """Notify the user who started it last, once per end; "Try again from here" leads to a new end.

    Part of the transaction that ends the flow run.
    """
    if flow_run.ended_at is None or flow_run.state == FlowRun.State.CANCELLED:
        return
    replaced = flow_run.steps.exclude(replaced_at=None).order_by("-replaced_at").first()
    since = (replaced and replaced.replaced_at) or flow_run.created_at
    took = flow_run.ended_at - since
    if took < SHORTEST:
        return
    is_done = flow_run.state == FlowRun.State.SUCCEEDED
    word = "Flow finished" if is_done else "Flow failed"
    outbox.notify(
        flow_run.presser,
        kinds.FLOW_FINISHED,
        subject=f"{word} after {duration(took)}: {flow_run.flow.name}",
        text="" if is_done else why(flow_run, step_runs),
        path=flow_run.get_absolute_url(),
        key=f"flow {flow_run.pk} {flow_run.ended_at.isoformat()}",
        about=flow_run,
    )


def why(flow_run: FlowRun, step_runs: dict[str, StepRun]) -> str:
    """Return the first step without a result, and the reason."""
    definition = parse_definition(flow_run.definition)
    for step in definition.steps:
        step_run = step_runs.get(step.id)
        if step_run and not steps.has_result(step_run):
            error = step_run.run.error if step_run.run else None
            reason = error_messages.reason(error) if error else step_run.not_sent
            return f"Step {definition.number(step.id)}: {reason or 'its result was deleted'}"
    return ""


def flow_runs_of(user: User | AnonymousUser, run: Run) -> list[Place]:
    """Return the flow's run for which this run was made.

    Without its name if the user may know of it but not read it.
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
