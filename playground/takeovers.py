"""Lets another model make a run that its own model did not: by a press, or by itself.

The deputy's run is a run of its own, with its own charge; both timelines name the other run. By
itself, a deputy takes over only if a curator has named it, if the project's settings allow it, and
if it costs no more than what the first run has reserved. Programs name the model on purpose, so
they have to allow it in the call as well. Cells of boards and answers of chats stay as they are:
there, a person compares models, and presses.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from accounts import permissions
from catalog.models import Endpoint
from catalog.schema_versions import version_of
from core.formatting import duration_in_words
from playground import rerun
from playground.form.prefill.transfer import Fate, Transfer, transfer
from projects.models import Project
from runs import deputies
from runs.costs import cost
from runs.models import Run, Transport
from runs.results import error_messages, wait_reasons
from runs.results.timeline import (
    DEPUTY_ALLOWED,
    MADE_BY_DEPUTY,
    NOT_TAKEN_OVER,
    TAKEN_OVER,
    event_text,
)
from runs.start import refused_starts, starting, transport_choices
from runs.start.starting import Door, Source
from runs.start.wait_choices import LONGEST_S
from runs.state import state_machine
from runs.worker import idle
from schemas.validation import validate

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from schemas.estimate import Estimate

LONG_WAIT = timedelta(minutes=2)  # without a start, then the page offers another model
TAKES_OVER_WITHIN = timedelta(minutes=10)  # of the end: later, people have moved on
LONGEST_RUN = timedelta(seconds=LONGEST_S) + timedelta(hours=1)
AT_ONCE = 20
NO_DEPUTY = "No other model can make this run any more."
UNFIT = "It may not be used here, or does not accept these settings."
TOO_EXPENSIVE = "It may cost more than the estimate of this run."


@dataclass(frozen=True)
class Takeover:
    """A model that can make a run instead, with the arguments for it and their cost.

    `is_deputy`: curators have named it; otherwise it is the best proposal.
    """

    endpoint: Endpoint
    transfer: Transfer
    estimate: Estimate
    is_deputy: bool

    @property
    def differences(self) -> tuple[Fate, ...]:
        """Return what happens to the settings that are not taken over as they are."""
        return replace(self.transfer, kept=[]).fates


def reason_of(run: Run) -> str:
    """Return why another model may make the run, such as `did not respond`; empty if none may."""
    if run.transport == Transport.REALTIME or event_text(run, TAKEN_OVER):
        return ""
    if run.state == Run.State.FAILED:
        return error_messages.deputy_reason(run.error or {})
    waited = timezone.now() - run.created_at
    is_stuck = run.is_awaited and run.started_at is None and waited > LONG_WAIT
    if is_stuck and not wait_reasons.concerns_all_models(run.note):
        return f"had not started within {duration_in_words(waited.total_seconds() // 60 * 60)}"
    return ""


def find(run: Run, *, only_deputy: bool = False) -> Takeover | None:
    """Return the deputy of the run's model, else the best proposal; None if neither can make it."""
    source = Endpoint.objects.get(pk=run.endpoint_id)  # a run's page loads only some columns
    deputy = deputies.deputy_of(source, run.project)
    proposed = [] if deputy or only_deputy else deputies.proposals(source, run.project)
    keys = [row.pk for row in (deputy, *proposed) if row]
    endpoints = Endpoint.objects.in_bulk(keys)
    plans = (_plan(run, source, endpoints[key]) for key in keys)
    return next(filter(None, plans), None)


def _plan(run: Run, source: Endpoint, endpoint: Endpoint) -> Takeover | None:
    """Return how a model can make the run; None if it would not accept the settings."""
    carried, version = transfer(endpoint, run.arguments, source), version_of(endpoint)
    if validate(version.contract, carried.arguments, version.root):
        return None
    estimate = cost.estimate_run(endpoint, carried.arguments)
    return Takeover(endpoint, carried, estimate, endpoint.pk == source.deputy_id)


def start(
    run: Run, endpoint: Endpoint | None, person: User, elsewhere: Project | None = None
) -> Run:
    """Start the run of the model that the page offered; a repeated press returns the first one.

    A run that waits is cancelled then. `elsewhere` as in `rerun.rerun`. Raises
    refused_starts.Refused.
    """
    with transaction.atomic():
        locked_run = _locked(run.pk)
        if earlier := _taken_over_by(locked_run):
            return earlier
        takeover = _plan(locked_run, locked_run.endpoint, endpoint) if endpoint else None
        if takeover is None or not reason_of(locked_run):
            raise refused_starts.Refused(NO_DEPUTY)
        new_run = _start(locked_run, takeover, person, elsewhere)
    if not run.is_final:
        by = permissions.name_of_other(person, run.user_id)
        state_machine.request_cancel(run.pk, by)
    return new_run


def take_over(pk: uuid.UUID) -> Run | None:
    """Let the deputy make a failed run if that is allowed; return the deputy's run.

    A repeated call returns the same run. The run's timeline says why it was not taken over.
    """
    with transaction.atomic():
        run = _locked(pk)
        if earlier := _taken_over_by(run):
            return earlier
        if not is_automatic(run):
            return None
        takeover = find(run, only_deputy=True)
        refusal = UNFIT if takeover is None else _excess(run, takeover.estimate)
        if takeover and not refusal:
            try:
                return _start(run, takeover, run.user, is_automatic=True)
            except refused_starts.Refused as error:
                refusal = str(error)
        state_machine.note_deed(pk, NOT_TAKEN_OVER, refusal)
    return None


def take_over_due() -> float:
    """Let deputies make the runs that have failed just now; return the seconds until the next time.

    A worker's job. A flow takes its steps over itself (`features/flows/execution/advance.py`).
    """
    projects = list(Project.objects.filter(deputies_take_over=True).values_list("pk", flat=True))
    if not projects:
        return idle.REST_S
    since = timezone.now() - TAKES_OVER_WITHIN
    failed = (
        Run.objects.kept()
        .in_state(Run.State.FAILED)
        .filter(
            project__in=projects,
            created_at__gt=since - LONGEST_RUN,
            ended_at__gt=since,
            endpoint__deputy__isnull=False,
            charge__door__in=(Door.PAGE, Door.API),
        )
    )
    for run in failed.order_by("-created_at").light("events")[:AT_ONCE]:
        if not (event_text(run, TAKEN_OVER) or event_text(run, NOT_TAKEN_OVER)):
            take_over(run.pk)
    return idle.REST_S


def _locked(pk: uuid.UUID) -> Run:
    """Return the run with its row locked, before anything that its deputy's start locks."""
    rows = Run.objects.select_for_update(of=("self",))
    return rows.select_related("endpoint", "user", "project", "charge").get(pk=pk)


def _taken_over_by(run: Run) -> Run | None:
    key = event_text(run, TAKEN_OVER)
    return Run.objects.with_endpoint().filter(pk=key).first() if key else None


def is_automatic(run: Run) -> bool:
    """Whether the deputy of a failed run's model takes over by itself, if it can (needs `charge`).

    The deputy of a deputy does not.
    """
    charge, kinds = getattr(run, "charge", None), {event.get("what") for event in run.events}
    if not run.project.deputies_take_over or run.state != Run.State.FAILED or charge is None:
        return False
    is_of_person = charge.token_id is None and charge.door in {Door.PAGE, Door.FLOW}
    is_open = kinds.isdisjoint({MADE_BY_DEPUTY, NOT_TAKEN_OVER}) and bool(reason_of(run))
    is_recent = run.ended_at is None or timezone.now() - run.ended_at < TAKES_OVER_WITHIN
    return is_open and is_recent and (is_of_person or DEPUTY_ALLOWED in kinds)


def _excess(run: Run, estimate: Estimate) -> str:
    """Return why the estimate is not within that of the run; empty if it is."""
    most, reserved = starting.in_dollars(estimate), run.charge.expected
    is_within = most is not None and reserved is not None and most <= reserved
    return "" if is_within else TOO_EXPENSIVE


def _start(
    run: Run,
    takeover: Takeover,
    person: User,
    elsewhere: Project | None = None,
    *,
    is_automatic: bool = False,
) -> Run:
    """Start the run of another model; by itself it counts where the first run counts."""
    name, endpoint = run.endpoint.name, takeover.endpoint
    request = rerun.repetition(run, person, Source.DEPUTY, str(run.pk), elsewhere)
    offered = {choice.value for choice in transport_choices.offered(endpoint)}
    sentence = f"Requested {name}, made by {endpoint.name}: {name} {reason_of(run)}."
    new_run = starting.start(
        replace(
            request,
            endpoint=endpoint,
            arguments=takeover.transfer.arguments,
            estimate=takeover.estimate,
            transport=request.transport if request.transport in offered else Transport.QUEUE,
            event=(MADE_BY_DEPUTY, sentence),
            door=Door(run.charge.door) if is_automatic else None,
            token_id=run.charge.token_id if is_automatic else None,
        )
    ).run
    new_run.endpoint = endpoint
    state_machine.note_deed(run.pk, TAKEN_OVER, str(new_run.pk))
    return new_run
