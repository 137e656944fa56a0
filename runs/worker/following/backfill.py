"""Backfills data that the webhook which ended a run lacks: billed units, metrics, log.

A webhook carries only the output (protocol, 10.1); the rest comes from the queue. A worker that
follows the run records it at the end; otherwise it is fetched shortly afterwards.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from asgiref.sync import sync_to_async
from django.utils import timezone

import fal
from core.db import clock, transient_errors
from runs.models import MetadataBackfill, Run
from runs.state import state_machine
from runs.state.transitions import Observation
from runs.worker import idle
from runs.worker.following import follow
from runs.worker.following.reconciliation import next_query_after

log = logging.getLogger(__name__)

GIVEN_UP = timedelta(hours=1)  # upstream keeps a result about as long (protocol, 5.4)
AT_ONCE = 20


async def backfill_due(upstream: fal.Clients) -> float:
    """Backfill the runs that are due; return the seconds until the next time."""
    for row in await sync_to_async(_due)():
        try:
            await _backfill(row.run, upstream)
        except fal.FalError as error:
            log.warning("run %s: no answer for the backfill: %s", row.run_id, error)
            if error.is_retryable and not _is_old(row):
                continue
        except Exception as error:
            # An unexpected error of one run must not delay the others.
            transient_errors.log_failure(log, error, "run %s: the backfill broke off", row.run_id)
            if not _is_old(row):
                continue
        await row.adelete()
    return await sync_to_async(_pause_s)()


def _pause_s() -> float:
    due_times = MetadataBackfill.objects.order_by("due_at").values_list("due_at", flat=True)
    return idle.pause_s(due_times.first(), clock.now())


def _due() -> list[MetadataBackfill]:
    """Claim the rows that are due, by moving `due_at` to the next try."""
    now = clock.now()
    claimed_rows = []
    # Not joined: without statistics of this table SQLite would start with all runs.
    rows = MetadataBackfill.objects.filter(due_at__lte=now).prefetch_related("run__endpoint")
    for row in rows.order_by("due_at")[:AT_ONCE]:
        unclaimed = MetadataBackfill.objects.filter(pk=row.pk, due_at=row.due_at)
        if unclaimed.update(due_at=now + next_query_after(now - _since(row))):
            claimed_rows.append(row)
    return claimed_rows


def _since(row: MetadataBackfill) -> datetime:
    return row.run.ended_at or row.run.created_at


def _is_old(row: MetadataBackfill) -> bool:
    return timezone.now() - _since(row) > GIVEN_UP


async def _backfill(run: Run, upstream: fal.Clients) -> None:
    """Fetch the missing data; nothing if a worker has followed the run to its end."""
    if run.metrics:
        return
    handle = follow.handle_of(run, upstream.queue)
    news = Observation(by="backfill", request_id=run.request_id)
    if not run.billable_units:  # first, as the status request may fail permanently
        units = await _fetch_billed_units(handle, upstream.queue)
        await state_machine.arecord(run.pk, replace(news, billable_units=units))
    status = await upstream.queue.status(handle)
    await state_machine.arecord(run.pk, replace(news, logs=status.logs, metrics=status.metrics))


async def _fetch_billed_units(handle: fal.Handle, queue: fal.Queue) -> str:
    """Return the billed units, from the headers of the result or of its error."""
    try:
        return (await queue.result(handle)).billed
    except (fal.RunFailed, fal.Unreadable) as error:
        return error.billable_units
