"""Advances runs of flows: starts the next steps in the transaction that settles earlier ones.

A worker's job. Every decision is made on the flow run's locked row from the database's state, so it
does not matter which worker makes it, whether one was killed before, or how often it is made: a
step's row is unique per flow run, and so is the token of its run. The end of a flow's run notifies
the owner if it took long.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, NoReturn

from asgiref.sync import sync_to_async
from django.db import DatabaseError, transaction
from django.db.models import Q
from django.utils import timezone

from core.formatting import duration
from core.notify import channel
from features.flows.compose.definition import parse_definition
from features.flows.execution import steps
from features.flows.models import FlowRun, StepRun
from features.notifications import kinds, outbox
from runs.models import Run
from runs.promises.places import Place
from runs.results import error_messages
from runs.start import starting
from runs.start.starting import Source
from runs.state.locked_update import bump_version
from runs.worker import idle

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

SHORTEST = timedelta(minutes=1)  # shorter flow runs need no notification
log = logging.getLogger(__name__)

GATHER_S = 0.05  # submits and their commits have priority
BATCH = 50


async def carry_on(signal: channel.Signal) -> NoReturn:
    """Advance every flow run that can, after each change of the database; never returns."""
    version = -1
    while True:
        version = await signal.wait(version, idle.REST_S)
        await asyncio.sleep(GATHER_S)
        for pk in await sync_to_async(due)():
            try:
                await sync_to_async(advance)(pk)
            except DatabaseError:
                raise  # the job is restarted; nothing of this flow run was written
            except Exception:  # one broken definition must not block the other flows
                log.exception("flow run %s could not be continued", pk)


def due() -> list[uuid.UUID]:
    """Return the flow runs with an ended step that is not settled yet; one query."""
    ended = Q(run__state__in=Run.FINAL) | Q(run=None)
    steps = StepRun.objects.filter(ended, settled_at=None, replaced_at=None)
    return list(steps.values_list("flow_run_id", flat=True).order_by().distinct()[:BATCH])


def advance(pk: uuid.UUID) -> None:
    """Settle ended steps, start the steps that can start, end finished flow runs."""
    with transaction.atomic():
        flow_run = steps.locked(pk)
        step_runs = steps.current(flow_run)
        steps.let_deputies_take_over(step_runs.values())
        over = [
            step_run
            for step_run in step_runs.values()
            if step_run.settled_at is None and steps.is_over(step_run)
        ]
        definition = parse_definition(flow_run.definition)
        if not flow_run.is_final and not flow_run.cancel_requested_at:
            steps.begin_ready(flow_run, definition, step_runs)
        for step_run in over:
            step_run.settled_at = timezone.now()
            step_run.save(update_fields=["settled_at"])
        if all(steps.is_over(step_run) for step_run in step_runs.values()):
            end(flow_run, step_runs, len(definition.steps))
        for step_run in over:
            if step_run.run_id:
                bump_version(step_run.run_id)  # so that the page swaps in the outcome


def end(flow_run: FlowRun, by_step: dict[str, StepRun], count: int) -> None:
    """End a flow run in which no step is in progress or can start."""
    if flow_run.is_final:
        return
    is_whole = len(by_step) == count and all(
        steps.has_result(step_run) for step_run in by_step.values()
    )
    is_cancelled = any(
        step_run.run and step_run.run.state == Run.State.CANCELLED for step_run in by_step.values()
    ) or bool(flow_run.cancel_requested_at)
    state = FlowRun.State
    flow_run.state = (
        state.SUCCEEDED if is_whole else state.CANCELLED if is_cancelled else state.FAILED
    )
    flow_run.ended_at = timezone.now()
    flow_run.save(update_fields=["state", "ended_at"])
    steps.give_back(flow_run, list(flow_run.planned or ()))
    notify_owner(flow_run, by_step)


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
        subject=f"{word} after {duration(took)}: {flow_run.flow}",
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
    noticed = FlowRun.objects.kept().noticed_by(user).filter(pk__in=steps.values("flow_run"))
    flow_runs = list(noticed.select_related("flow")[:1])
    covered = set(noticed.covered_to(user).values_list("pk", flat=True))
    return [
        Place(
            "Run of a flow",
            "private" if flow_run.pk in covered else str(flow_run.flow),
            flow_run.get_absolute_url(),
        )
        for flow_run in flow_runs
    ]
