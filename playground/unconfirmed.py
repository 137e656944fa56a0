"""Runs whose answer was lost: found again at upstream, never sent again by themselves.

Upstream may be running such a run and may charge for it. Its webhook finds it; so does
upstream's list of requests, by its id or by the very input that was sent. What went over
one connection ends by what the list says came of it, since the queue does not know it.
Where more requests would fit than runs wait, nobody guesses: the person decides.
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
from django.db.models import Q
from django.utils import timezone

import fal
from playground import clock, lifecycle, outcomes
from playground.lifecycle import Observation
from playground.models import Run, Transport

log = logging.getLogger(__name__)

State = Run.State
# Upstream may have what nobody knows the id of: a run given up by hand, too.
WITHOUT_ANSWER = (State.SUBMITTING, State.RUNNING, State.UNCONFIRMED, State.CANCELLED)
LOOKED_FOR = timedelta(hours=1)  # upstream keeps a result about as long
FIRST_LOOK = timedelta(seconds=3)
SLOWEST_LOOK = timedelta(minutes=10)
SHARE = 0.3  # of the time since it was sent: an hour takes about twenty looks
SKEW = timedelta(seconds=10)  # between upstream's clock and ours, unless its answers say more
ON_THE_WAY = timedelta(minutes=10)  # a submit with megabytes in it
LOOK_AGAIN_S = 1.0
PAUSES_S = 0.0, 1.0, 2.0  # before the looks for what was answered just now
AT_ONCE = 20
_LOST = {"lost", "broke"}


async def tend(upstream: fal.Clients) -> float:
    """The worker's part: look for those whose time it is. Seconds until the next look."""
    for run in await sync_to_async(_due)():
        try:
            await _look(run, upstream)
        except (fal.FalError, ValueError) as error:
            log.warning("run %s not looked for, again later: %s", run.pk, error)
    return LOOK_AGAIN_S


def pause(since: timedelta) -> timedelta:
    """How long to wait after a look at a run that was sent `since` ago: longer and longer."""
    return min(max(FIRST_LOOK, since * SHARE), SLOWEST_LOOK)


def is_looked_for(run: Run, now: datetime | None = None) -> bool:
    """Whether the worker still looks for it."""
    return (
        run.state == State.UNCONFIRMED
        and run.transport != Transport.REALTIME
        and sent_at(run) > (now or timezone.now()) - LOOKED_FOR
    )


def sent_at(run: Run) -> datetime:
    """When the submit left, or could have left at the earliest."""
    return run.sent_at or run.created_at


def answer(run: Run) -> str:
    """What upstream said instead of taking the run or refusing it; empty where it said nothing."""
    texts = [event.get("text", "") for event in run.events if event.get("what") in _LOST]
    return texts[-1] if texts and texts[-1].startswith(lifecycle.ANSWERED) else ""


def sent_again(run: Run) -> str:
    """The key of the run that it was sent again as; empty while it was not."""
    return next((event["text"] for event in run.events if event.get("what") == "again"), "")


def _due() -> list[Run]:
    """Those whose time it is, taken from other workers: `lease_until` says when to look again."""
    now = clock.now()
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    rows = Run.objects.unfinished().filter(free, state=State.UNCONFIRMED)  # by the index of those
    rows = rows.exclude(transport=Transport.REALTIME)
    fresh = Q(sent_at__gt=now - LOOKED_FOR) | Q(sent_at=None, created_at__gt=now - LOOKED_FOR)
    mine = []
    for run in rows.filter(fresh).with_endpoint().order_by("sent_at")[:AT_ONCE]:
        until = now + pause(now - sent_at(run))
        same = Run.objects.filter(pk=run.pk, state=run.state, lease_until=run.lease_until)
        if same.update(lease_until=until):
            mine.append(run)
    return mine


async def _look(run: Run, upstream: fal.Clients) -> None:
    requests = await _requests(run, upstream.platform)
    found = run.request_id or await sync_to_async(match)(
        run, requests, await _ahead(upstream.platform)
    )
    row = next((row for row in requests if row.request_id == found), None)
    if found is None or row is None:
        return
    seen = ended(row)
    if run.transport == Transport.QUEUE:
        handle = upstream.queue.handle(run.endpoint.endpoint_id, found)
        if not seen.state or not await _is_forgotten(handle, upstream.queue):
            seen = Observation(State.QUEUED, by="list", handle=handle.as_json())
    if seen.state:
        log.info("run %s was found again as request %s", run.pk, found)
        await lifecycle.arecord(run.pk, replace(seen, request_id=found))


async def _requests(run: Run, platform: fal.Platform) -> list[fal.PastRequest]:
    """What the list has of the run's request, or, while its id is not known, of all since it may have left."""
    endpoint_id = run.endpoint.endpoint_id
    if run.request_id:
        return await platform.requests(endpoint_id, request_id=run.request_id, payloads=True)
    # By upstream's clock, where that is behind ours. Its first answer tells, the next look asks by it.
    start = sent_at(run) + min(await _ahead(platform), timedelta(0)) - SKEW
    found = await platform.requests(endpoint_id, start=start, payloads=True)
    if abs(ahead := await _ahead(platform)) > SKEW:
        words = "upstream's clock is %.0f s ahead of ours; webhooks may be refused for it"
        log.warning(words, ahead.total_seconds())
    return found


async def _ahead(platform: fal.Platform) -> timedelta:
    """How far upstream's clock is ahead of that by which runs leave."""
    theirs, ours = platform.now(), await sync_to_async(clock.now)()
    return theirs - ours if theirs else timedelta(0)


async def _is_forgotten(handle: fal.Handle, queue: fal.Queue) -> bool:
    """Whether the queue no longer knows a request that has ended: the list keeps longer what came of it."""
    try:
        await queue.status(handle)
    except fal.FalError as error:
        return error.status == HTTPStatus.NOT_FOUND
    return False


async def listed(run: Run, platform: fal.Platform) -> Observation:
    """What upstream's list says came of a run (with its endpoint and request id) that upstream does not tell otherwise."""
    try:
        requests = await _requests(run, platform)
    except fal.FalError as error:
        log.warning("run %s not looked for in the list: %s", run.pk, error)
        return Observation()
    mine = (row for row in requests if run.request_id and row.request_id == run.request_id)
    return next(map(ended, mine), Observation())


async def in_place_of(error: fal.FalError, run: Run, platform: fal.Platform) -> Observation:
    """What the list has of a run (with its endpoint and request id) whose answer nobody can read; nothing of other errors.

    It may know a moment later only. What the run cost it does not say, the answer did.
    """
    seen = Observation()
    for pause_s in PAUSES_S if isinstance(error, fal.Unreadable) and run.request_id else ():
        await asyncio.sleep(pause_s)
        if (seen := await listed(run, platform)).state:
            return replace(seen, billable_units=error.billable_units)
    return seen


def ended(row: fal.PastRequest) -> Observation:
    """What the list says came of a request; without a state where it does not say.

    One that upstream stopped when the connection broke is told as such: nobody cancelled it.
    """
    if row.ended_at is None or row.status_code is None:
        return Observation()
    if 200 <= row.status_code < 300:
        return Observation() if row.output is None else outcomes.succeeded(row.output, by="list")
    if row.status_code == fal.HUNG_UP:
        words = "Upstream stopped it when the connection broke off."
        failure = fal.RunFailed(words, type=fal.BROKEN, status=fal.HUNG_UP, is_retryable=True)
        return outcomes.failed(failure, by="list")
    detail = row.output.get("detail") if isinstance(row.output, dict) else row.output
    words = detail if isinstance(detail, str) else f"The model failed ({row.status_code})."
    failure = fal.RunFailed(words, status=row.status_code, detail=detail)
    return outcomes.failed(failure, by="list")


def match(
    run: Run, requests: Sequence[fal.PastRequest], ahead: timedelta = timedelta(0)
) -> str | None:
    """The one request that can only be this run; None when none fits, or more than one.

    It has the very input that was sent, came at that time, and is of no other run of ours. Runs that
    wait for an answer, or were given up without one, and had the same input are twins: where there are
    as many requests, each has one, in the order in which they were sent. `ahead` is how far upstream's
    clock is ahead of ours; that the list goes by it is likely, not certain.
    """
    clocks = {timedelta(0), ahead}
    sent = _sent_arguments(run)
    came = {
        row.request_id: row.sent_at
        for row in requests
        if row.sent_at
        and same(row.arguments, sent)
        and any(_is_of_time(row, sent_at(run) + off) for off in clocks)
    }
    known = Run.objects.filter(request_id__in=came).values_list("request_id", flat=True)
    ids = sorted(came.keys() - set(known), key=lambda request_id: (came[request_id], request_id))
    rivals = Run.objects.filter(
        endpoint_id=run.endpoint_id,
        request_id="",
        state__in=WITHOUT_ANSWER,
        created_at__gt=sent_at(run) - LOOKED_FOR,
        sent_at__isnull=False,
    ).exclude(pk=run.pk)
    twins = [run, *(rival for rival in rivals if same(_sent_arguments(rival), sent))]
    twins.sort(key=lambda twin: (sent_at(twin), twin.pk))
    return ids[twins.index(run)] if len(ids) == len(twins) else None


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same input: 1 and 1.0 are, 1 and true are not."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _sent_arguments(run: Run) -> Any:
    return run.arguments if run.sent_arguments is None else run.sent_arguments


def _is_of_time(row: fal.PastRequest, sent: datetime) -> bool:
    """Whether it came when a submit that left then would have, and had not ended before."""
    earliest, latest = sent - SKEW, sent + ON_THE_WAY
    is_too_old = row.ended_at is not None and row.ended_at < earliest
    return row.sent_at is not None and earliest <= row.sent_at <= latest and not is_too_old
