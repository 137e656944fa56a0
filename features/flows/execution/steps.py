"""Starts the steps of a flow whose inputs exist, each as one ordinary run, exactly once."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.utils import timezone

from catalog.models import Endpoint
from catalog.schema_versions import version_of
from features.flows.compose.definition import Definition, Step
from features.flows.compose.models import endpoints_of, refusal
from features.flows.compose.wiring import NotThere, filled, path_in_words, replaced
from features.flows.models import FlowRun, StepRun
from playground import takeovers
from runs.costs import ledger
from runs.models import Artifact, Run
from runs.models.querysets import heavy_columns
from runs.start import starting
from runs.start.refused_starts import Forbidden
from runs.start.starting import Source, StartRequest

SOURCE_FAILED = "Not started, because step {} gave no result."
NO_OUTPUT = "Not started: the result of step {} has nothing at “{}”."


def locked(pk: uuid.UUID) -> FlowRun:
    """Return a flow's run with its row locked, and the rows needed to begin its steps."""
    rows = FlowRun.objects.select_for_update(of=("self",))
    return rows.select_related("user", "repeated_by", "project").get(pk=pk)


def current(flow_run: FlowRun) -> dict[str, StepRun]:
    """Return the steps that have started, by their ids in the definition; one query."""
    steps = flow_run.steps.filter(replaced_at=None).select_related("run__charge")
    steps = steps.defer(*heavy_columns("run__", but=("arguments", "output", "partial")))
    return {step_run.step: step_run for step_run in steps}


def begin_ready(flow_run: FlowRun, definition: Definition, step_runs: dict[str, StepRun]) -> None:
    """Start every step whose sources have succeeded, and add it to `step_runs`.

    The caller has locked the flow run's row in a transaction.
    """
    ready = [
        step
        for step in definition.steps
        if step.id not in step_runs
        and all(has_result(step_runs.get(source)) for source in step.sources)
    ]
    endpoints = endpoints_of([Definition(tuple(ready))]) if ready else {}
    for step in ready:
        give_back(flow_run, [step.id])  # now its run reserves its cost
        step_run = _begin(flow_run, definition, step, endpoints.get(step.endpoint), step_runs)
        step_run.save()
        step_runs[step.id] = step_run


def give_back(flow_run: FlowRun, step_ids: Iterable[str]) -> None:
    """Give back the reservations of these steps, which begin now or never will."""
    planned = dict(flow_run.planned or {})
    keys = [planned.pop(step) for step in step_ids if step in planned]
    if keys:
        ledger.give_back(keys)
        flow_run.planned = planned
        flow_run.save(update_fields=["planned"])


def let_deputies_take_over(step_runs: Iterable[StepRun]) -> None:
    """Put the deputy's run in the place of a failed one, where the project allows it."""
    for step_run in step_runs:
        run = step_run.run if step_run.settled_at is None else None
        if run and run.state == Run.State.FAILED and (deputys := takeovers.take_over(run.pk)):
            step_run.run = deputys
            step_run.save(update_fields=["run"])


def has_result(step: StepRun | None) -> bool:
    """Whether a step's run has succeeded and still exists."""
    return bool(step and step.run and step.run.state == Run.State.SUCCEEDED)


def _begin(
    flow_run: FlowRun,
    definition: Definition,
    step: Step,
    endpoint: Endpoint | None,
    step_runs: dict[str, StepRun],
) -> StepRun:
    """Return the row of a step with its run, or with the reason why it has none."""
    step_run = StepRun(flow_run=flow_run, step=step.id)
    why = refusal(endpoint, step.endpoint)
    if endpoint is None or why:
        return _not_sent(step_run, why)
    try:
        arguments = _arguments(step, endpoint, step_runs)
    except NotThere as gap:
        number = definition.number(gap.wire.step)
        return _not_sent(step_run, NO_OUTPUT.format(number, path_in_words(gap.wire.path)))
    request = StartRequest(
        user=flow_run.presser,
        endpoint=endpoint,
        arguments=arguments,
        source=Source.FLOW,
        key=_key(flow_run, definition, step),
        is_private=flow_run.is_of_program,
        project=flow_run.project,
        is_hidden=flow_run.is_hidden,
        token_id=flow_run.token_id,
    )
    try:
        step_run.run = starting.start(request).run
    except Forbidden as forbidden:  # a role or a rule changed while the flow was running
        return _not_sent(step_run, str(forbidden))
    return step_run


def _not_sent(step_run: StepRun, why: str) -> StepRun:
    step_run.not_sent, step_run.settled_at = why[:500], timezone.now()
    return step_run


def _key(flow_run: FlowRun, definition: Definition, step: Step) -> str:
    """Return a key for each try of a step, so its run is unique even if its row here were lost."""
    tries = flow_run.steps.filter(step=step.id).count()
    return f"{flow_run.pk.hex}-{definition.number(step.id)}-{tries}"


def _arguments(step: Step, endpoint: Endpoint, step_runs: dict[str, StepRun]) -> dict[str, Any]:
    """Return a step's arguments with its wired inputs; files have our own addresses."""
    runs = [run for source in step.sources if (run := step_runs[source].run)]
    outputs = {source: step_runs[source].run.output for source in step.sources}  # type: ignore[union-attr]
    whole_arguments = filled(step, version_of(endpoint).root, outputs)
    return dict(replaced(whole_arguments, _our_addresses(runs)))


def _our_addresses(runs: Sequence[Run]) -> dict[str, str]:
    """Map upstream's addresses of the runs' files, which expire, to ours; one query."""
    if not runs:
        return {}
    artifacts = Artifact.objects.filter(run__in=runs).only("run_id", "position", "url")
    return {artifact.url: artifact.get_absolute_url() for artifact in artifacts}


def why_waiting(definition: Definition, step: Step, step_runs: dict[str, StepRun]) -> str:
    """Return why a step that has not started can no longer start; empty if it can."""
    for source in blocked(definition.steps, step_runs) & set(step.sources):
        return SOURCE_FAILED.format(definition.number(source))
    return ""


def blocked(steps: Iterable[Step], step_runs: dict[str, StepRun]) -> set[str]:
    """Return the steps that ended without a result, and those that depend on them."""
    ids = {name for name, run in step_runs.items() if is_over(run) and not has_result(run)}
    all_steps = list(steps)
    for _ in all_steps:
        ids |= {step.id for step in all_steps if step.id not in step_runs and ids & {*step.sources}}
    return ids


def is_over(step: StepRun) -> bool:
    """Whether a started step has ended."""
    return step.run is None or step.run.is_final
