"""What a webhook leaves out of a run that it ended: asked for once more, afterwards.

A webhook brings the output and nothing else (protocol, 10.1). What the run cost, how long the
model worked and what it logged are the queue's to tell. Whoever follows the run hears them
with its end; where nobody did, the worker asks a moment later.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from asgiref.sync import sync_to_async
from django.utils import timezone

import fal
from catalog import outages
from playground import clock, follower, lifecycle
from playground.lifecycle import Observation
from playground.models import LateLook, Run
from playground.unconfirmed import pause

log = logging.getLogger(__name__)

GIVEN_UP = timedelta(hours=1)  # upstream keeps a result about as long (protocol, 5.4)
AT_ONCE = 20
LOOK_AGAIN_S = 1.0


async def tend(upstream: fal.Clients) -> float:
    """The worker's part: ask for what is due. Seconds until the next look."""
    for look in await sync_to_async(_due)():
        try:
            await _look(look.run, upstream)
        except fal.FalError as error:
            log.warning("run %s: what its webhook left out was not had: %s", look.run_id, error)
            if error.is_retryable and not _is_old(look):
                continue
        except Exception as error:
            # Nobody thought of this; the others are not to wait for it.
            outages.tell(log, error, "run %s: a late look broke off", look.run_id)
            if not _is_old(look):
                continue
        await look.adelete()
    return LOOK_AGAIN_S


def _due() -> list[LateLook]:
    """Those whose time it is, taken from other workers: `due_at` says when to look again."""
    now = clock.now()
    mine = []
    rows = LateLook.objects.filter(due_at__lte=now).select_related("run__endpoint")
    for look in rows.order_by("due_at")[:AT_ONCE]:
        same = LateLook.objects.filter(pk=look.pk, due_at=look.due_at)
        if same.update(due_at=now + pause(now - _since(look))):
            mine.append(look)
    return mine


def _since(look: LateLook) -> datetime:
    return look.run.ended_at or look.run.created_at


def _is_old(look: LateLook) -> bool:
    return timezone.now() - _since(look) > GIVEN_UP


async def _look(run: Run, upstream: fal.Clients) -> None:
    """Ask for what is missing; whoever followed the run to its end has left nothing."""
    if run.metrics:
        return
    handle = follower.handle_of(run, upstream.queue)
    seen = Observation(by="late look", request_id=run.request_id)
    if not run.billable_units:  # first, as a status may fail for ever
        units = await _billed(handle, upstream.queue)
        await lifecycle.arecord(run.pk, replace(seen, billable_units=units))
    status = await upstream.queue.status(handle)
    await lifecycle.arecord(run.pk, replace(seen, logs=status.logs, metrics=status.metrics))


async def _billed(handle: fal.Handle, queue: fal.Queue) -> str:
    """What the request cost: its result says so, whatever became of it."""
    try:
        return (await queue.result(handle)).billed
    except (fal.RunFailed, fal.Unreadable) as error:
        return error.billable_units
