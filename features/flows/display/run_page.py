"""The context of the page of a flow's run: its steps with their results as they arrive."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.template.loader import render_to_string

from features.flows.compose.definition import Definition, parse_definition
from features.flows.compose.models import endpoints_of, step_prices
from features.flows.display.flow_page import Summary, summaries
from features.flows.display.rights import REPEAT, WITHHELD, withheld
from features.flows.execution import steps
from features.flows.models import FlowRun, StepRun
from playground.display import renderers
from runs.costs import known_costs
from runs.models import Run
from runs.progress import watch_tokens
from runs.progress.worker_status import readiness
from runs.results import error_messages
from schemas.estimate import NOTHING, Estimate


@dataclass(frozen=True)
class ShownStep:
    """A step with its run, its result so far, and why it is not in progress."""

    summary: Summary
    step_run: StepRun | None
    run: Run | None  # None before it starts, after a purge, and if it is withheld
    waits: str
    result: dict[str, Any] | None
    can_repeat: bool
    repeat_cost: str  # of this step and the steps that need it, if it can be repeated
    watch: str  # what the page's poll sends until the step is settled
    is_changed: bool = True

    @property
    def state(self) -> str:
        """Return the state for the page's markup."""
        if self.run:
            return self.run.state
        return "failed" if self.step_run or self.waits else "waiting"


class Page(NamedTuple):
    """What all steps of the page share."""

    flow_run: FlowRun
    definition: Definition
    step_runs: dict[str, StepRun]
    view: str
    costs: Mapping[str, Estimate]
    withheld: Collection[str]


def context(flow_run: FlowRun, view: str, only: Collection[str] = ()) -> dict[str, Any]:
    """Return the context of the page, or with `only` of the parts that change with these steps."""
    definition, by_step = parse_definition(flow_run.definition), steps.current(flow_run)
    # Read after the steps: once the last of them is settled, the page stops polling.
    flow_run.refresh_from_db(fields=["state", "cancel_requested_at"])
    endpoints = endpoints_of([definition])
    may_repeat = flow_run.is_final and watch_tokens.may(view, REPEAT)
    costs = step_prices(definition, endpoints) if may_repeat else {}
    page = Page(flow_run, definition, by_step, view, costs, withheld(flow_run, by_step.values()))
    step_views = [
        _describe_step(page, summary, is_changed=not only or summary.step.id in only)
        for summary in summaries(definition, endpoints)
    ]
    runs = [step_run.run for step_run in by_step.values() if step_run.run]
    return {
        "flow_run": flow_run,
        "flow": flow_run.flow,
        "steps": step_views,
        "tries": flow_run.steps.count() if may_repeat else 0,
        "done": sum(steps.has_result(step_run) for step_run in by_step.values()),
        "count": len(definition.steps),
        "last": _last_result(step_views) if flow_run.state == FlowRun.State.SUCCEEDED else None,
        "is_stopping": bool(flow_run.cancel_requested_at) and not flow_run.is_final,
        "cost": _cost(by_step.values()),
        "is_awaited": not flow_run.is_final,
        "may_stop": watch_tokens.may(view, watch_tokens.CANCEL),
        "readiness": readiness() if any(run.is_awaited for run in runs) else "",
    }


def _last_result(step_views: Sequence[ShownStep]) -> Run | None:
    """Return the run of the last step; None if it may not be shown."""
    return step_views[-1].run if step_views else None


def _cost(step_runs: Iterable[StepRun]) -> str:
    """Return the cost of its runs so far; empty if there is none."""
    return known_costs.together(step.run for step in step_runs if step.run and not step.is_reused)


def _describe_step(page: Page, summary: Summary, *, is_changed: bool) -> ShownStep:
    flow_run, definition, by_step, view, _, withheld = page
    step_run, step = by_step.get(summary.step.id), summary.step
    waits = steps.why_waiting(definition, step, by_step) if step_run is None else step_run.not_sent
    if step_run is None and not waits and flow_run.is_final:
        waits = "Not started: the flow was stopped first."
    run = step_run.run if step_run else None
    if step_run and step_run.step in withheld:
        run, waits = None, WITHHELD
    if run and summary.endpoint:
        run.endpoint = summary.endpoint
    return ShownStep(
        summary,
        step_run,
        run,
        waits,
        result_of(run) if run and is_changed else None,
        _can_repeat(page, step_run),
        _cost_again(page, step.id),
        watch_tokens.data_watch(run, view)
        if run and step_run and step_run.settled_at is None
        else "",
        is_changed,
    )


def _cost_again(page: Page, step: str) -> str:
    """Return what a step and the steps that need its result will cost."""
    names = page.definition.after(step)
    return sum((page.costs[name] for name in names if name in page.costs), NOTHING).page_label


def _can_repeat(page: Page, step_run: StepRun | None) -> bool:
    is_over = step_run is None or steps.is_over(step_run)
    return page.flow_run.is_final and is_over and watch_tokens.may(page.view, REPEAT)


def result_of(run: Run) -> dict[str, Any]:
    """Return the context of a step's result: files and texts, a partial output, or the error."""
    is_done = run.state == Run.State.SUCCEEDED
    return {
        **renderers.results(run),
        "texts": renderers.texts(run) if is_done else [],
        "partial": None if is_done else renderers.partial(run),
        "explanation": error_messages.explain(run.error) if run.error else None,
        "problems": error_messages.problems(run.error)[:8] if run.error else [],
        "is_deleted": bool(run.deleted_at),
    }


def render(run: Run, view: str) -> str:
    """Render the fragments that change with a step's run: the step, later steps, the header."""
    steps = StepRun.objects.filter(flow_run__in=FlowRun.objects.kept())
    own = steps.filter(run=run, is_reused=False, replaced_at=None)
    step = own.select_related("flow_run__flow", "flow_run__user", "flow_run__project").first()
    if step is None:
        return ""
    definition = parse_definition(step.flow_run.definition)
    values = context(step.flow_run, view, only=definition.after(step.step))
    return render_to_string("features/flows/_step_updates.html", values)
