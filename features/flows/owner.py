"""What flows and the account's workflows promise to the runs of their steps."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db.models import F, Q

from features.flows.compose.dependants import FlowSteps
from features.flows.display import rights, run_page
from features.flows.execution import advance
from features.flows.execution.advance import flow_runs_of
from features.flows.fal_workflows import sync
from features.flows.models import Flow, FlowRun, StepRun
from projects.models import InProjectQuerySet
from runs.models import Run
from runs.promises.dependants import Dependants
from runs.promises.keeping import JsonColumn, Keeps, SelectedRows, UserRelation
from runs.promises.lifecycle import Job, Lifecycle
from runs.promises.places import LiveView, Place, Places

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    import fal
    from core.notify import channel


class FlowsOwner(Lifecycle, Keeps, Places):
    """A step of a flow is an ordinary run."""

    models_of_places = (StepRun,)

    def live_views(self) -> Mapping[str, LiveView]:
        """Return the page of a flow's run."""
        return {rights.VIEW: LiveView(run_page.render)}

    def places_of(self, user: User | AnonymousUser, run: Run) -> Sequence[Place]:
        """Return the flow's run that has this run as a step."""
        return flow_runs_of(user, run)

    def notifies_of_end(self, run: Run) -> bool:
        """Whether the run is a step; the end of its flow is reported instead."""
        return advance.is_step(run)

    def inputs_in_use(self) -> Sequence[JsonColumn]:
        """Return the definitions of named flows and of their runs, and of runs in progress."""
        is_needed = ~Q(flow__name="") | Q(state=FlowRun.State.RUNNING)
        return (
            JsonColumn(Flow.objects.named(), "definition"),
            JsonColumn(FlowRun.objects.kept().filter(is_needed), "definition"),
        )

    def opened_files(self, user_id: int) -> Sequence[JsonColumn]:
        """Return the definitions of the flows that the user shows to everybody."""
        return (JsonColumn(Flow.objects.shown_by(user_id), "definition"),)

    def kept_runs(self, run_ids: Collection[uuid.UUID]) -> Collection[uuid.UUID]:
        """Return the steps' runs of named flows, and the results whose steps these have."""
        steps = StepRun.objects.filter(run__in=run_ids, flow_run__flow__in=Flow.objects.named())
        origins = Flow.objects.named().filter(origin__in=run_ids)
        keys = {*steps.values_list("run_id", flat=True), *origins.values_list("origin", flat=True)}
        return {run_id for run_id in keys if run_id}

    def handed_over(self) -> Sequence[UserRelation]:
        """Return the runs of flows."""
        return (UserRelation("runs of flows", FlowRun),)

    def goes_along(self, rows: SelectedRows) -> SelectedRows:
        """Return the runs of moved flows that live in the same project, and their steps' runs."""
        runs = FlowRun.objects.filter(flow__in=rows.get(Flow, ()), project=F("flow__project"))
        steps = StepRun.objects.filter(flow_run__in=rows.get(FlowRun, ()), is_reused=False)
        return {
            FlowRun: set(runs.values_list("pk", flat=True)),
            Run: set(steps.filter(run__isnull=False).values_list("run_id", flat=True)),
        }

    def private_pages(self) -> Mapping[str, InProjectQuerySet[Any]]:
        """Return flows and their runs."""
        return {"flow": Flow.objects.kept(), "flow-run": FlowRun.objects.kept()}

    def dependants(self) -> Sequence[Dependants]:
        """Return the steps."""
        return (FlowSteps(),)

    def jobs(self, signal: channel.Signal, upstream: fal.Clients | None) -> Sequence[Job]:
        """Return the job that starts next steps and, with a key, the job that reads the account."""
        # It waits for the signal itself, since other jobs' debounce would delay each step.
        next_steps = Job("carry flows on", partial(advance.carry_on, signal))
        if upstream is None:
            return (next_steps,)
        return (next_steps, sync.job(upstream))
