"""Distributes runs among workers by leases in their rows, so that others take over a dead worker's.

On PostgreSQL several workers claim side by side (`SKIP LOCKED`); on SQLite a claim is one immediate
transaction. Runs in progress, in total and per user, are counted in the rows, whichever worker
submitted them.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Case, F, Q, When, Window
from django.db.models.functions import Greatest, RowNumber

from catalog.models import Mark
from core.db import clock
from core.notify import channel
from runs.files import inputs
from runs.models import Run, Transport
from runs.models.querysets import RunQuerySet
from runs.results import outcomes, wait_reasons
from runs.state import state_machine, transitions
from runs.state.transitions import Observation
from runs.worker.scheduling import capacity, lease_queries
from runs.worker.scheduling.fair_scheduling import (
    NO_ATTEMPTS,
    NO_LIMITS,
    Attempts,
    FreeRun,
    SubmitLimits,
    WaitingRun,
    limit_per_host,
    number_per_user,
    select_fair,
)

LEASE = transitions.HOLDER_RENEWS_WITHIN

State = Run.State
SUBMIT_INTERRUPTED = {
    "message": "The run's worker stopped, or lost the database, while it waited for upstream's "
    "answer."
}
SESSION_INTERRUPTED = (
    "The process that ran the session stopped. Pictures after the last one here may be missing."
)
# A PostgreSQL advisory lock: two workers must not both fill the last free slot.
SUBMIT_LOCK = 0x5649_5452

# Whether the caller, if it gets the run, will submit it before doing anything else with it.
SubmitsAtOnce = Callable[[Run], bool]


@dataclass(frozen=True)
class Claim:
    """A worker's new work: runs to submit (with endpoints), and submitted ones to follow."""

    to_send: list[Run]
    to_follow: list[uuid.UUID]


@dataclass(frozen=True)
class InterruptedRuns:
    """Runs whose lease has expired, by how the claiming worker continues them."""

    to_send: list[Run] = field(default_factory=list)
    to_follow: list[uuid.UUID] = field(default_factory=list)
    held: list[uuid.UUID] = field(default_factory=list)  # the claiming worker still has their tasks
    broken_off: list[Run] = field(default_factory=list)  # their connection ended with the worker


def claim(
    worker: str,
    limit: int,
    now: datetime | None = None,
    submit_limits: SubmitLimits = NO_LIMITS,
    submits_at_once: SubmitsAtOnce = lambda run: False,
    attempts: Attempts = NO_ATTEMPTS,
    held: Collection[uuid.UUID] = (),
    is_after_stall: bool = False,
) -> Claim:
    """Claim up to `limit` free runs: interrupted ones first, then new ones.

    New runs are chosen within `submit_limits`, runs of models with the fewest `attempts` first.
    `held` are the runs whose tasks this worker still has, although a suspension or a locked
    database outlasted its lease. Right after a database stall (`is_after_stall`), which kept other
    workers from renewing their leases, their runs are not taken over yet.

    If few runs are free, a new run that the worker `submits_at_once` is marked as submitted in the
    same commit, which saves a commit per run (`state_machine.mark_submitted`); if many are free,
    each is marked later. A worker that does not get the answer of this call must `undo_claim`.
    """
    now = now or clock.now()
    first = [FreeRun(*row) for row in lease_queries.FIRST_FREE.all(now=now)]
    if not first:
        return Claim([], [])
    is_all = len(first) < lease_queries.FEW_FREE
    waiting_runs = number_per_user(first, submit_limits, attempts) if is_all else None
    may_be_interrupted = not is_all or any(run.state != State.CREATED for run in first)
    with transaction.atomic():
        interrupted = InterruptedRuns()
        if may_be_interrupted:
            interrupted = _take_over_interrupted(now, limit, held, is_after_stall)
        room = limit - len(interrupted.to_send) - len(interrupted.to_follow)
        batch = _choose_new(now, room, submit_limits, attempts, waiting_runs)
        submitted = [run for run in batch if is_all and _is_ready(run) and submits_at_once(run)]
        _mark(worker, now, interrupted, batch, submitted)
    return Claim(interrupted.to_send + batch, interrupted.to_follow)


def _take_over_interrupted(
    now: datetime, limit: int, held_runs: Collection[uuid.UUID], is_after_stall: bool
) -> InterruptedRuns:
    """Lock and sort the runs whose lease has expired.

    If a run was marked as submitted and its worker died, upstream may have it, so it becomes
    unconfirmed and is never resubmitted automatically. A run whose files were still being uploaded
    was not sent.
    """
    interrupted = InterruptedRuns()
    if not lease_queries.interrupted(now).exists():  # cheaper than locking; mostly empty
        return interrupted
    free = lease_queries.interrupted(now)
    if is_after_stall:
        free = free.filter(Q(lease_until=None) | Q(pk__in=list(held_runs)))
    for run in lease_queries.locked(free).order_by("created_at")[:limit]:
        if run.pk in held_runs:
            interrupted.held.append(run.pk)
        elif state_machine.is_before_submit(run):
            interrupted.to_send.append(run)
        elif run.handle:
            interrupted.to_follow.append(run.pk)
        else:
            interrupted.broken_off.append(run)
    return interrupted


def _choose_new(
    now: datetime,
    room: int,
    submit_limits: SubmitLimits,
    attempts: Attempts,
    waiting_runs: Sequence[WaitingRun] | None,
) -> list[Run]:
    """Lock the next new runs, at most `room`; with `waiting_runs` None they are queried."""
    if room <= 0:
        return []
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SUBMIT_LOCK])
    chosen_pks = _select(now, room, submit_limits, attempts, waiting_runs)
    return lease_queries.CHOSEN.all(now=now, pks=chosen_pks) if chosen_pks else []


def _mark(
    worker: str, now: datetime, interrupted: InterruptedRuns, batch: list[Run], submitted: list[Run]
) -> None:
    """Write the claim: leases, submits that start at once, and the end of broken connections."""
    lease = {"worker": worker, "lease_until": now + LEASE}
    claimed = {**lease, "state": State.SUBMITTING, "attempts": F("attempts") + 1, "note": ""}
    to_send = interrupted.to_send + batch
    for run in to_send:
        run.attempts += 1
    if unsubmitted := [run.pk for run in to_send if run not in submitted]:
        Run.objects.filter(pk__in=unsubmitted).update(**claimed)
    if submitted:
        Run.objects.filter(pk__in=[run.pk for run in submitted]).update(
            **claimed, sent_at=Greatest(F("created_at"), now), version=F("version") + 1
        )
        for run in submitted:
            run.sent_at = max(now, run.created_at)
    if followed := interrupted.to_follow + interrupted.held:
        Run.objects.filter(pk__in=followed).update(**lease)
    for run in interrupted.broken_off:
        if run.transport == Transport.REALTIME:
            state_machine.note_event(run.pk, "cut", SESSION_INTERRUPTED)
        state_machine.record(run.pk, _interruption(run))


def _is_ready(run: Run) -> bool:
    """Whether a run (with its endpoint) can be submitted without preparation."""
    is_refused = run.endpoint.mark == Mark.BLOCKED or transitions.is_start_overdue(run, clock.now())
    return not is_refused and not inputs.has_files(run)


def _interruption(run: Run) -> Observation:
    """Return the observation of a run whose worker died together with its connection."""
    if run.transport == Transport.REALTIME:
        return outcomes.from_session(run.partial)
    return Observation(State.UNCONFIRMED, by="takeover", error=SUBMIT_INTERRUPTED)


def undo_claim(worker: str, claimed_at: datetime) -> None:
    """Free the runs of a claim whose answer this worker did not receive: none was sent."""
    claimed_runs = Run.objects.unfinished().filter(worker=worker, lease_until=claimed_at + LEASE)
    unsent = claimed_runs.filter(state=State.SUBMITTING, handle=None)
    unsent.update(sent_at=None, worker="", lease_until=None, version=F("version") + 1)


def has_free(submit_limits: SubmitLimits = NO_LIMITS) -> bool:
    """Whether `claim` would return a run within the limits; reads only, for a worker with runs."""
    now = clock.now()
    if lease_queries.interrupted(now).exists():
        return True
    # Counting the runs in progress takes longer the more there are; mostly none waits.
    return lease_queries.new(now).exists() and bool(_select(now, 1, submit_limits))


def has_unfinished() -> bool:
    """Whether there is a run whose lease may expire, or that can be claimed later."""
    return Run.objects.unfinished().exclude(state=State.UNCONFIRMED).exists()


def _select(
    now: datetime,
    room: int,
    submit_limits: SubmitLimits,
    attempts: Attempts = NO_ATTEMPTS,
    waiting_runs: Sequence[WaitingRun] | None = None,
) -> list[uuid.UUID]:
    under_way, limits = capacity.count_under_way(), capacity.limits()
    room = min(room, limits.available_slots(under_way, is_first=True))
    if room <= 0:
        return []
    if waiting_runs is None:
        waiting_runs = _oldest_per_user(now, min(room, limits.per_user), submit_limits, attempts)
    chosen_pks = select_fair(waiting_runs, under_way, limits, room)
    return limit_per_host(submit_limits, chosen_pks, waiting_runs, attempts)


def _oldest_per_user(
    now: datetime, limit: int, submit_limits: SubmitLimits, attempts: Attempts
) -> list[WaitingRun]:
    """Return the first `limit` new runs of each user."""
    order: list[Any] = ["created_at", "pk"]
    if submit_limits:  # the same order as `attempt_order`
        counts = [When(endpoint_id=model, then=count) for model, count in attempts.items()]
        order = [Case(*counts, default=0), "attempts", *order]
    number = Window(RowNumber(), partition_by="user_id", order_by=order)
    able = _able(lease_queries.new(now), submit_limits)
    rows = able.order_by().annotate(number=number).filter(number__lte=limit)
    columns = ("pk", "user_id", "number", "created_at", "transport", "attempts")
    return [WaitingRun(*row) for row in rows.values_list(*columns, "endpoint_id")]


def _able(runs: RunQuerySet, submit_limits: SubmitLimits) -> RunQuerySet:
    """Exclude the runs that may not go at all (`SubmitLimits.allow`)."""
    if submit_limits.of_account is not None and submit_limits.of_account <= 0:
        return runs.none()
    if shut := [transport for transport, limit in submit_limits.by_transport.items() if limit <= 0]:
        runs = runs.exclude(transport__in=shut)
    return runs


def renew(worker: str, runs: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Renew the leases of runs with tasks; return the runs whose tasks the worker must cancel.

    A worker that was suspended for longer than its lease has lost its runs: another one follows
    them. A run that was cancelled before its submit needs no more uploads.
    """
    unfinished_runs = Run.objects.unfinished().filter(pk__in=list(runs))
    # Runs that were considered lost, and whose connection has reported since.
    reported = Q(worker="", state=State.RUNNING, handle=None)
    own_runs = unfinished_runs.filter(Q(worker=worker) | reported)
    own_runs.update(worker=worker, lease_until=clock.now() + LEASE)
    runs_of_others = unfinished_runs.exclude(worker=worker).exclude(handle=None)
    dropped = Run.objects.filter(pk__in=list(runs), state=State.CANCELLED, sent_at=None)
    return {*runs_of_others.values_list("pk", flat=True), *dropped.values_list("pk", flat=True)}


def renew_live_session(worker: str, pk: uuid.UUID, lease_s: float) -> datetime | None:
    """Renew the lease of a live session's run; return its end, None if the run is over or lost."""
    until = clock.now() + timedelta(seconds=lease_s)
    leased_run = Run.objects.unfinished().filter(pk=pk, worker=worker)
    return until if leased_run.update(lease_until=until) else None


def note_upstream_trouble(worker: str, troubles: Mapping[str, str], of_account: str = "") -> None:
    """Show upstream's trouble, or its end, on the pages of runs that wait for upstream.

    `troubles` has a sentence for each transport, and the one `of_account` takes precedence; empty
    if there is no trouble. Once sent, a run over one connection does not wait; a
    requeued run keeps the note about its own pause.
    """
    submitted = Q(worker=worker, transport=Transport.QUEUE, state=State.SUBMITTING)
    submitted &= Q(sent_at__isnull=False)  # otherwise its files are uploaded first
    followed = Q(worker=worker, handle__isnull=False, state__in=[State.QUEUED, State.RUNNING])
    new = Q(lease_queries.is_unleased(clock.now()), state=State.CREATED)
    with transaction.atomic():
        changed_count = 0
        for transport, trouble in troubles.items():
            note = wait_reasons.in_trouble(of_account or trouble)
            runs = Run.objects.unfinished().filter(new | submitted | followed, transport=transport)
            changed_count += runs.exclude(note=note).update(note=note, version=F("version") + 1)
        if changed_count:
            channel.notify()


def note_queue_positions() -> None:
    """Show on the pages of new runs which limit they wait for; claiming a run clears the note."""
    now = clock.now()
    if not lease_queries.new(now).exists():  # mostly: saves counting thousands of runs
        return
    under_way = capacity.count_under_way()
    limits = capacity.limits()
    at_limit = [user for user, count in under_way.items() if count >= limits.per_user]
    waiting_runs = lease_queries.new(now).filter(note="")
    team = wait_reasons.own_limit(under_way.total(), "the team")
    if limits.available_slots(under_way, is_first=True) <= 0:
        notes = [(waiting_runs, team)]
    else:
        own = wait_reasons.own_limit(limits.per_user, "yours")
        notes = [(waiting_runs.filter(user__in=at_limit), own)]
        if limits.available_slots(under_way, is_first=False) <= 0:
            notes.append((waiting_runs.filter(user__in=under_way), team))
    with transaction.atomic():
        if sum(runs.update(note=note, version=F("version") + 1) for runs, note in notes):
            channel.notify()


def give_up_overdue() -> None:
    """End the new runs whose start timeout is over while they wait here."""
    with_options = Run.objects.unfinished().filter(state=State.CREATED).exclude(options={})
    for run in with_options.light("options"):
        if transitions.is_start_overdue(run, clock.now()):
            state_machine.give_up_overdue(run.pk)


def release(worker: str, keep: Collection[uuid.UUID] = ()) -> None:
    """Release all leases of a worker except those of `keep`, so that others continue at once.

    The next worker sees by `sent_at` whether a run's submit may have reached upstream.
    """
    leased_runs = Run.objects.unfinished().filter(worker=worker).exclude(pk__in=list(keep))
    leased_runs.update(worker="", lease_until=None)
    channel.notify()


def release_runs(runs: Collection[uuid.UUID]) -> None:
    """Release the leases of these runs, so that others continue at once."""
    leased_runs = Run.objects.unfinished().filter(pk__in=list(runs))
    leased_runs.update(worker="", lease_until=None)
    channel.notify()
