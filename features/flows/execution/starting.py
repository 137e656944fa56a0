"""Starts a flow, cancels it, and retries it from a step."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from features.flows.compose import models
from features.flows.compose.definition import Definition, parse_definition
from features.flows.compose.models import endpoints_of, refusal
from features.flows.execution import advance, steps
from features.flows.models import Flow, FlowRun, StepRun
from projects import roles
from projects.models.project import private_project
from projects.rights import Rights
from projects.rules import enforcement
from runs.start import starting as runs_starting
from runs.start.refused_starts import Forbidden
from runs.state import state_machine

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from projects.models import Project

EMPTY = "This flow has no steps yet."


class StepsRefused(ValueError):
    """Nothing was started; `at_steps` has the reason for each step that cannot run."""

    def __init__(self, message: str, at_steps: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.at_steps = dict(at_steps or {})


def start(
    user: User,
    flow: Flow,
    definition: Definition,
    token: str,
    *,
    project: Project | None = None,
) -> tuple[FlowRun, bool]:
    """Start a flow with its inputs filled in (True), or return what `token` has started (False).

    The run belongs to `project`, by default that of `project_for`. Raises StepsRefused if a model
    cannot be run, Forbidden if the user may run nothing there or a rule locks a model; nothing is
    paid for then.
    """
    require_runnable(definition)
    project = project or project_for(user, flow)
    require_maker(user, project)
    require_allowed(definition, project)
    is_hidden = project.hides_new_runs or (flow.is_hidden and project == flow.project)
    with transaction.atomic():
        flow_run, is_new = FlowRun.objects.get_or_create(
            user=user,
            form_token=token[:64],
            defaults={
                "flow": flow,
                "definition": definition.as_json(),
                "project": project,
                "is_hidden": is_hidden,
                "token_id": runs_starting.calling_token(),
            },
        )
        if is_new:
            _plan(flow_run, definition)
            _carry_on(flow_run, definition, {})
    return flow_run, is_new


def project_for(user: User, flow: Flow, elsewhere: Project | None = None) -> Project:
    """Return the project of the user's run of a flow: the flow's, if they may make things there.

    Otherwise `elsewhere`, by default their private project.
    """
    if Rights(user, flow).may_change:
        return flow.project
    return elsewhere or private_project(user)


def require_maker(user: User, project: Project) -> None:
    """Raise Forbidden, with the reason, if the user may run nothing in the project."""
    if refusal_to_make := roles.refusal_to_make(user, project):
        raise Forbidden(refusal_to_make)


def require_runnable(definition: Definition, only: Collection[str] | None = None) -> None:
    """Raise StepsRefused if a model (of the steps `only`) is gone or blocked, or without steps."""
    chosen_steps = [step for step in definition.steps if only is None or step.id in only]
    if not chosen_steps:
        raise StepsRefused(EMPTY)
    endpoints = endpoints_of([definition])
    why = {step.id: refusal(endpoints.get(step.endpoint), step.endpoint) for step in chosen_steps}
    why = {step: reasons for step, reasons in why.items() if reasons}
    if why:
        first = next(iter(why))
        raise StepsRefused(f"Step {definition.number(first)}: {why[first]}", why)


def require_allowed(
    definition: Definition, project: Project, only: Collection[str] | None = None
) -> None:
    """Raise Forbidden if a rule locks a model (of the steps `only`) in the project."""
    chosen_steps = [step for step in definition.steps if only is None or step.id in only]
    endpoints = endpoints_of([Definition(tuple(chosen_steps))])
    locks = enforcement.refusals(project, endpoints.values())
    for step in chosen_steps:
        if lock := locks.get(endpoints[step.endpoint].pk):
            raise Forbidden(f"Step {definition.number(step.id)}: {lock}")


def _plan(flow_run: FlowRun, definition: Definition, only: Collection[str] | None = None) -> None:
    """Reserve what the steps (`only` these) may cost, before any is paid for.

    Raises Forbidden if they cost more than is left or than was confirmed: later steps start when
    nobody waits for an answer.
    """
    part = Definition(tuple(step for step in definition.steps if only is None or step.id in only))
    endpoints = endpoints_of([part])
    estimates = models.step_prices(part, endpoints)
    priced = {
        step.id: (endpoints[step.endpoint], estimates[step.id])
        for step in part.steps
        if step.id in estimates
    }
    steps.give_back(flow_run, priced)
    charges = runs_starting.plan(
        flow_run.presser, flow_run.project, list(priced.values()), flow_run.token_id
    )
    keys = {step: charge.pk for step, charge in zip(priced, charges, strict=True) if charge.pk}
    flow_run.planned = {**(flow_run.planned or {}), **keys}
    flow_run.save(update_fields=["planned"])


def _carry_on(flow_run: FlowRun, definition: Definition, step_runs: dict[str, StepRun]) -> None:
    steps.begin_ready(flow_run, definition, step_runs)
    if all(steps.is_over(step_run) for step_run in step_runs.values()):
        advance.end(flow_run, step_runs, len(definition.steps))


def try_again(flow_run: FlowRun, step: str, tries: int | None, by: User) -> None:
    """Rerun a step and all steps that need its result; keep the results of other steps.

    Earlier steps without a result are rerun as well. Ignored while one of them is in progress, or
    if more than `tries` of its steps have begun: the button was drawn before that, and is pressed
    again. The new runs belong to `by`. Raises StepsRefused if a model cannot be run, Forbidden
    if `by` may run nothing in the project or a rule locks a model there.
    """
    require_maker(by, flow_run.project)
    with transaction.atomic():
        locked = steps.locked(flow_run.pk)
        definition, step_runs = parse_definition(locked.definition), steps.current(locked)
        if definition.step(step) is None or locked.steps.count() != tries:
            return
        anew = _to_repeat(definition, step_runs, step)
        old = [step_runs[name] for name in anew if name in step_runs]
        if any(not steps.is_over(step_run) for step_run in old):
            return
        require_runnable(definition, only=anew)
        require_allowed(definition, locked.project, only=anew)
        locked.repeated_by = None if by.pk == locked.user_id else by
        _plan(locked, definition, only=anew)
        StepRun.objects.filter(pk__in=[step_run.pk for step_run in old]).update(
            replaced_at=timezone.now(), settled_at=timezone.now()
        )
        locked.state, locked.ended_at = FlowRun.State.RUNNING, None
        locked.cancel_requested_at = None
        locked.save(update_fields=["state", "ended_at", "cancel_requested_at", "repeated_by"])
        _carry_on(locked, definition, {k: v for k, v in step_runs.items() if k not in anew})


def _to_repeat(definition: Definition, step_runs: dict[str, StepRun], step: str) -> set[str]:
    """Return the step, the steps that depend on it, and earlier ones without a result."""
    ids, to_visit = set[str](), [step]
    while to_visit:
        name = to_visit.pop()
        ids |= definition.after(name)
        current_step = definition.step(name)
        to_visit += [
            source
            for source in (current_step.sources if current_step else ())
            if source not in ids and not steps.has_result(step_runs.get(source))
        ]
    return ids


def cancel(flow_run: FlowRun, by: str = "") -> None:
    """Start no further step, and cancel the steps in progress."""
    with transaction.atomic():
        locked = steps.locked(flow_run.pk)
        if locked.is_final:
            return
        locked.cancel_requested_at = timezone.now()
        locked.save(update_fields=["cancel_requested_at"])
        step_runs = steps.current(locked)
        for step_run in step_runs.values():
            if step_run.run_id and not steps.is_over(step_run):
                state_machine.request_cancel(step_run.run_id, by)
