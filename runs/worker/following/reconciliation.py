"""Reconciles unconfirmed runs, whose submit got no answer, with upstream's list of requests.

Upstream may be processing such a run and may charge for it, so it is never resubmitted
automatically. Its webhook identifies it, or the list of requests by request id or submitted input.
A run over one connection takes its outcome from the list, since the queue does not know it. If more
requests match than runs wait, the user decides.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from asgiref.sync import sync_to_async
from django.db.models import F, Q
from django.utils import timezone

import fal
from core.db import clock
from runs.models import Run, Transport
from runs.models.querysets import RunQuerySet
from runs.results import outcomes
from runs.state import state_machine, transitions
from runs.state.transitions import Observation
from runs.worker import idle
from runs.worker.limits import PATIENCE

log = logging.getLogger(__name__)

State = Run.State
# States in which upstream may have a run that has no request id here, given up ones included.
WITHOUT_ANSWER = (State.SUBMITTING, State.RUNNING, State.UNCONFIRMED, State.CANCELLED)
RECONCILED_FOR = timedelta(hours=1)  # upstream keeps a result for about as long
FIRST_QUERY = timedelta(seconds=3)
NO_LIST = "So it cannot be looked for there."
SLOWEST_QUERY = timedelta(minutes=10)
SHARE = 0.3  # of the time since the submit: about twenty queries per hour
SKEW = timedelta(seconds=10)  # between upstream's clock and ours, unless its answers show more
MAX_SUBMIT_DURATION = timedelta(minutes=10)  # how long a submit of megabytes may take
AT_ONCE = 20
_LOST = {"lost", "broke"}
WITHOUT_LIST = {
    404,
    405,
    410,
    501,
}  # statuses by which upstream says that it has no list of requests
UNLISTED, LISTED = "unlisted", "listed"


async def reconcile_due(upstream: fal.Clients) -> float:
    """Reconcile the runs that are due; return the seconds until the next time."""
    for run in await sync_to_async(_due)():
        try:
            await _reconcile(run, upstream)
        except (fal.FalError, ValueError) as error:
            log.warning("run %s not reconciled, again later: %s", run.pk, error)
            if getattr(error, "status", None) in WITHOUT_LIST:
                await sync_to_async(_note_list)(run, has_list=False)
    return await sync_to_async(_pause_s)()


def has_no_list(run: Run) -> bool:
    """Whether upstream had no list of requests at the last query, so the run cannot be found."""
    whats = [event.get("what") for event in run.events]
    relevant = [event_kind for event_kind in whats if event_kind in {UNLISTED, LISTED}]
    return bool(relevant) and relevant[-1] == UNLISTED


def _note_list(run: Run, *, has_list: bool) -> None:
    """Note once in the timeline that upstream has no list of requests, or has one again."""
    if has_no_list(run) == has_list:
        event_kind, text = (LISTED, "") if has_list else (UNLISTED, NO_LIST)
        state_machine.note_event(run.pk, event_kind, text)


def next_query_after(since: timedelta) -> timedelta:
    """Return the pause until the next query for a run sent `since` ago; it grows."""
    return min(max(FIRST_QUERY, since * SHARE), SLOWEST_QUERY)


def is_being_reconciled(run: Run, now: datetime | None = None) -> bool:
    """Whether the worker still tries to find the run, and upstream has a list for that."""
    return (
        run.state == State.UNCONFIRMED
        and not has_no_list(run)
        and run.transport != Transport.REALTIME
        and sent_at(run) > (now or timezone.now()) - RECONCILED_FOR
    )


def sent_at(run: Run) -> datetime:
    """Return when the run was submitted, or could have been at the earliest."""
    return run.sent_at or run.created_at


def upstream_answer(run: Run) -> str:
    """Return upstream's unusable answer to the submit, as text; empty if there was none."""
    texts = [event.get("text", "") for event in run.events if event.get("what") in _LOST]
    return texts[-1] if texts and texts[-1].startswith(transitions.ANSWERED) else ""


def sent_again(run: Run) -> str:
    """Return the key of this run's rerun; empty if there is none."""
    return next((event["text"] for event in run.events if event.get("what") == "again"), "")


def _pause_s() -> float:
    now = clock.now()
    soon = _findable(now).order_by(F("lease_until").asc(nulls_first=True))
    due_times = soon.values_list("lease_until", flat=True)[:1]
    return idle.pause_s(next((at or now for at in due_times), None), now)


def _findable(now: datetime) -> RunQuerySet:
    rows = Run.objects.unfinished().filter(state=State.UNCONFIRMED)  # uses their index
    fresh = Q(sent_at__gt=now - RECONCILED_FOR) | Q(
        sent_at=None, created_at__gt=now - RECONCILED_FOR
    )
    return rows.exclude(transport=Transport.REALTIME).filter(fresh)


def _due() -> list[Run]:
    """Claim the runs that are due, by moving `lease_until` to the next attempt."""
    now = clock.now()
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    claimed_runs = []
    for run in _findable(now).filter(free).with_endpoint().order_by("sent_at")[:AT_ONCE]:
        until = now + next_query_after(now - sent_at(run))
        unclaimed = Run.objects.filter(pk=run.pk, state=run.state, lease_until=run.lease_until)
        if unclaimed.update(lease_until=until):
            claimed_runs.append(run)
    return claimed_runs


async def _reconcile(run: Run, upstream: fal.Clients) -> None:
    requests = await _requests(run, upstream.platform)
    await sync_to_async(_note_list)(run, has_list=True)
    request_id = run.request_id or await sync_to_async(match)(
        run, requests, await _clock_offset(upstream.platform)
    )
    row = next((row for row in requests if row.request_id == request_id), None)
    if request_id is None or row is None:
        return
    observation = outcome_of_row(row)
    if run.transport == Transport.QUEUE:
        handle = upstream.queue.handle(run.endpoint.endpoint_id, request_id)
        if not observation.state or not await _is_forgotten(handle, upstream.queue):
            observation = Observation(State.QUEUED, by="list", handle=handle.as_json())
    if observation.state:
        log.info("run %s was found as request %s", run.pk, request_id)
        await state_machine.arecord(run.pk, replace(observation, request_id=request_id))


async def _requests(run: Run, platform: fal.Platform) -> list[fal.PastRequest]:
    """Return the run's request in the list; without a known id, all since its submit."""
    endpoint_id = run.endpoint.endpoint_id
    if run.request_id:
        return await platform.requests(endpoint_id, request_id=run.request_id, payloads=True)
    # In upstream's time if its clock is behind ours; known after its first answer.
    start = sent_at(run) + min(await _clock_offset(platform), timedelta(0)) - SKEW
    requests = await platform.requests(endpoint_id, start=start, payloads=True)
    if abs(ahead := await _clock_offset(platform)) > SKEW:
        message = "upstream's clock is %.0f s ahead of ours; webhooks may be refused for it"
        log.warning(message, ahead.total_seconds())
    return requests


async def _clock_offset(platform: fal.Platform) -> timedelta:
    """Return how far upstream's clock is ahead of the clock that dates submits."""
    upstream_now, own_now = platform.now(), await sync_to_async(clock.now)()
    return upstream_now - own_now if upstream_now else timedelta(0)


async def _is_forgotten(handle: fal.Handle, queue: fal.Queue) -> bool:
    """Whether the queue no longer knows a request: the list keeps outcomes longer."""
    try:
        await queue.status(handle)
    except fal.FalError as error:
        return error.status == HTTPStatus.NOT_FOUND
    return False


async def outcome_from_list(run: Run, platform: fal.Platform) -> Observation:
    """Return the listed outcome of a run (with endpoint and request id); stateless if unknown."""
    try:
        requests = await _requests(run, platform)
    except fal.FalError as error:
        log.warning("run %s: the list of requests failed: %s", run.pk, error)
        return Observation()
    rows = (row for row in requests if run.request_id and row.request_id == run.request_id)
    return next(map(outcome_of_row, rows), Observation())


async def outcome_instead_of(
    error: fal.FalError,
    run: Run,
    platform: fal.Platform,
    pauses_s: Sequence[float] = PATIENCE.list_pauses_s,
) -> Observation:
    """Return the listed outcome of a run (with endpoint and request id) with unreadable result.

    Stateless for other errors. The list may know the request only a moment later, so it is queried
    after each of `pauses_s`. Billed units come from the result's headers.
    """
    observation = Observation()
    for pause_s in pauses_s if isinstance(error, fal.Unreadable) and run.request_id else ():
        await asyncio.sleep(pause_s)
        if (observation := await outcome_from_list(run, platform)).state:
            return replace(observation, billable_units=error.billable_units)
    return observation


def outcome_of_row(row: fal.PastRequest) -> Observation:
    """Return the outcome in a row of the list; stateless if the row has none.

    A request that upstream stopped when the connection broke counts as failed: nobody cancelled it.
    """
    if row.ended_at is None or row.status_code is None:
        return Observation()
    if 200 <= row.status_code < 300:
        return Observation() if row.output is None else outcomes.from_output(row.output, by="list")
    if row.status_code == fal.CLIENT_CLOSED_REQUEST:
        message = "Upstream stopped it when the connection broke off."
        failure = fal.RunFailed(
            message, type=fal.BROKEN, status=fal.CLIENT_CLOSED_REQUEST, is_retryable=True
        )
        return outcomes.from_error(failure, by="list")
    detail = row.output.get("detail") if isinstance(row.output, dict) else row.output
    message = detail if isinstance(detail, str) else f"The model failed ({row.status_code})."
    failure = fal.RunFailed(message, status=row.status_code, detail=detail)
    return outcomes.from_error(failure, by="list")


def match(
    run: Run, requests: Sequence[fal.PastRequest], ahead: timedelta = timedelta(0)
) -> str | None:
    """Return the id of the one request that must be this run; None if none or more than one fits.

    It has the same input and a matching time, and belongs to no other run of ours. Runs without an
    answer (waiting or given up) that sent the same input are twins: if there are as many requests
    as twins, they are paired in the order of their submits. `ahead` is how far upstream's clock is
    ahead of ours; the list probably uses that clock, but not certainly.
    """
    clocks = {timedelta(0), ahead}
    payload = _sent_arguments(run)
    sent_times = {
        row.request_id: row.sent_at
        for row in requests
        if row.sent_at
        and is_same_input(row.arguments, payload)
        and any(_is_of_time(row, sent_at(run) + off) for off in clocks)
    }
    claimed_ids = Run.objects.filter(request_id__in=sent_times).values_list("request_id", flat=True)
    ids = sorted(
        sent_times.keys() - set(claimed_ids),
        key=lambda request_id: (sent_times[request_id], request_id),
    )
    rivals = Run.objects.filter(
        endpoint_id=run.endpoint_id,
        request_id="",
        state__in=WITHOUT_ANSWER,
        created_at__gt=sent_at(run) - RECONCILED_FOR,
        sent_at__isnull=False,
    ).exclude(pk=run.pk)
    twins = [run, *(rival for rival in rivals if is_same_input(_sent_arguments(rival), payload))]
    twins.sort(key=lambda twin: (sent_at(twin), twin.pk))
    return ids[twins.index(run)] if len(ids) == len(twins) else None


def is_same_input(first: Any, other: Any) -> bool:
    """Whether two JSON values are the same input: 1 and 1.0 are, 1 and true are not."""
    if isinstance(first, dict) and isinstance(other, dict):
        return first.keys() == other.keys() and all(
            is_same_input(first[key], other[key]) for key in first
        )
    if isinstance(first, list) and isinstance(other, list):
        return len(first) == len(other) and all(map(is_same_input, first, other))
    return isinstance(first, bool) == isinstance(other, bool) and bool(first == other)


def _sent_arguments(run: Run) -> Any:
    return run.arguments if run.sent_arguments is None else run.sent_arguments


def _is_of_time(row: fal.PastRequest, time_sent: datetime) -> bool:
    """Whether this request may come from a submit at `time_sent`, by its start and end times."""
    earliest, latest = time_sent - SKEW, time_sent + MAX_SUBMIT_DURATION
    is_too_old = row.ended_at is not None and row.ended_at < earliest
    return row.sent_at is not None and earliest <= row.sent_at <= latest and not is_too_old
