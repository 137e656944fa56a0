"""Lets another model make a run that its own model did not: by a press, or by itself.

The deputy's run is a run of its own, with its own charge; both timelines name the other run. By
itself, a deputy takes over only if a curator has named it, if the project's settings allow it, and
if it costs no more than what the first run has reserved. Programs name the model on purpose, so
they have to allow it in the call as well. Cells of boards stay as they are: there, a person
compares models, and presses.

A viewer's press makes a run in their own project, and leaves the deputy to the first run's people.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import reduce
from itertools import islice
from operator import or_
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
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

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from runs.models.querysets import RunQuerySet
    from schemas.estimate import Estimate

LONG_WAIT = timedelta(minutes=2)  # without a start, then the page offers another model
TAKES_OVER_WITHIN = timedelta(minutes=10)  # of the end: later, people have moved on
LONGEST_RUN = timedelta(seconds=LONGEST_S) + timedelta(hours=1)
AT_ONCE = 20
NO_DEPUTY = "No other model can make this run any more."
DECIDED = (TAKEN_OVER, NOT_TAKEN_OVER, MADE_BY_DEPUTY)  # then it does not by itself (again)
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
    if run.transport == Transport.REALTIME:
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
    return next(_possible(run, only_deputy=only_deputy), None)


def _possible(
    run: Run, *, only_deputy: bool = False, with_locked: bool = False
) -> Iterator[Takeover]:
    """Yield what can make the run, the best first; the page offers the first.

    `with_locked` includes a deputy that rules have locked since: its start says so.
    """
    source = Endpoint.objects.get(pk=run.endpoint_id)  # a run's page loads only some columns
    deputy = deputies.deputy_of(source, run.project)
    proposed = [] if deputy or only_deputy else deputies.proposals(source, run.project)
    deputy = deputy or (source.deputy if with_locked else None)
    keys = [row.pk for row in (deputy, *proposed) if row]
    endpoints = Endpoint.objects.in_bulk(keys)
    yield from filter(None, (_plan(run, source, endpoints[key]) for key in keys))


def _plan(run: Run, source: Endpoint, endpoint: Endpoint) -> Takeover | None:
    """Return how a model can make the run; None if it would not accept the settings."""
    carried, version = transfer(endpoint, run.arguments, source), version_of(endpoint)
    if version.problems(carried.arguments):
        return None
    estimate = cost.estimate_run(endpoint, carried.arguments)
    return Takeover(endpoint, carried, estimate, endpoint.pk == source.deputy_id)


def start(
    run: Run, endpoint_id: str, person: User, token: str, elsewhere: Project | None = None
) -> Run:
    """Start the run of the model that the page offered; a repeated press returns the first one.

    A run is taken over once, by whichever button, and cancelled then if it waits. `token` and
    `elsewhere` as in `rerun.rerun`. Raises refused_starts.StartRefused.
    """
    key = f"{run.pk}-{starting.press_key(token)}"
    with transaction.atomic():
        locked_run = _locked(run.pk)
        own = starting.runs_of(person, Source.DEPUTY, key).with_endpoint()
        if earlier := successor(locked_run) or own.first():
            return earlier
        possible = _possible(locked_run, with_locked=True)
        offered = (row for row in possible if row.endpoint.endpoint_id == endpoint_id)
        takeover = next(offered, None)
        if takeover is None or not reason_of(locked_run):
            raise refused_starts.StartRefused(NO_DEPUTY)
        new_run = _start(locked_run, takeover, person, key, elsewhere)
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
        if key := event_text(run, TAKEN_OVER):
            return Run.objects.with_endpoint().filter(pk=key).first()
        if not is_automatic(run):
            return None
        takeover = find(run, only_deputy=True)
        refusal = UNFIT if takeover is None else _excess(run, takeover.estimate)
        if takeover and not refusal:
            try:
                return _start(run, takeover, run.user, str(pk), is_automatic=True)
            except refused_starts.StartRefused as error:
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
    candidates = _failed_just_now().filter(project__in=projects).select_related("project", "charge")
    rows = candidates.order_by("created_at").light("events", "error").iterator()
    due = [run.pk for run in islice(filter(is_automatic, rows), AT_ONCE)]
    for pk in due:
        take_over(pk)
    return idle.LOOK_AGAIN_S if len(due) == AT_ONCE else idle.REST_S


def _failed_just_now() -> RunQuerySet:
    """Return the failed runs outside flows for which `is_automatic` may hold.

    All conditions that SQL can check are here, so that no number of other runs hides one of them.
    """
    now = timezone.now()
    is_of_person = Q(charge__door=Door.PAGE, charge__token_id=None)
    return (
        Run.objects.kept()
        .in_state(Run.State.FAILED)
        .filter(
            is_of_person | _has_event(DEPUTY_ALLOWED),
            created_at__gt=now - TAKES_OVER_WITHIN - LONGEST_RUN,
            ended_at__gt=now - TAKES_OVER_WITHIN,
            endpoint__deputy__isnull=False,
        )
        .exclude(reduce(or_, map(_has_event, DECIDED)))
    )


def _has_event(kind: str) -> Q:
    return Q(events__contains=f'"what": "{kind}"')  # quotes inside a JSON string are escaped


def _locked(pk: uuid.UUID) -> Run:
    """Return the run with its row locked, before anything that its deputy's start locks."""
    rows = Run.objects.select_for_update(of=("self",))
    return rows.select_related("endpoint", "user", "project", "charge").get(pk=pk)


def successor(run: Run) -> Run | None:
    """Return the run that took this one over; None if not everybody who sees this one sees it."""
    keys = [event["text"] for event in run.events if event.get("what") == TAKEN_OVER]
    runs = Run.objects.kept().with_endpoint().filter(pk__in=keys) if keys else ()
    return next((new for new in runs if new.is_shown_with(run)), None)


def is_automatic(run: Run) -> bool:
    """Whether the deputy of a failed run's model takes over by itself, if it can (needs `charge`).

    The deputy of a deputy does not.
    """
    charge, kinds = getattr(run, "charge", None), {event.get("what") for event in run.events}
    if not run.project.deputies_take_over or run.state != Run.State.FAILED or charge is None:
        return False
    now = timezone.now()
    is_of_person = charge.token_id is None and charge.door in {Door.PAGE, Door.FLOW}
    is_open = kinds.isdisjoint(DECIDED) and bool(reason_of(run))
    is_recent = run.ended_at is None or now - run.ended_at < TAKES_OVER_WITHIN
    is_recent = is_recent and now - run.created_at < TAKES_OVER_WITHIN + LONGEST_RUN
    return is_open and is_recent and (is_of_person or DEPUTY_ALLOWED in kinds)


def is_promised(run: Run, takeover: Takeover) -> bool:
    """Whether the worker will start this takeover; flows have decided when their step is shown."""
    is_possible = takeover.is_deputy and is_automatic(run) and run.charge.door != Door.FLOW
    return is_possible and not _excess(run, takeover.estimate)


def _excess(run: Run, estimate: Estimate) -> str:
    """Return why the estimate is not within that of the run; empty if it is."""
    most, reserved = starting.in_dollars(estimate), run.charge.expected
    is_within = most is not None and reserved is not None and most <= reserved
    return "" if is_within else TOO_EXPENSIVE


def _start(
    run: Run,
    takeover: Takeover,
    person: User,
    key: str,
    elsewhere: Project | None = None,
    *,
    is_automatic: bool = False,
) -> Run:
    """Start the run of another model; by itself it counts where the first run counts."""
    name, endpoint = run.endpoint.name, takeover.endpoint
    request = rerun.repetition(run, person, Source.DEPUTY, key, elsewhere)
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
    if new_run.is_shown_with(run):
        state_machine.note_deed(run.pk, TAKEN_OVER, str(new_run.pk))
    return new_run
