"""Sends a run: once, and never again unless it certainly did not leave."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta

import fal
from catalog.models import Standing
from playground import asking, lifecycle, outcomes, webhooks
from playground.files import inputs
from playground.lifecycle import Observation
from playground.models import Run
from playground.transports import direct
from playground.words import sentence
from playground.writing import surely

log = logging.getLogger(__name__)

LONGEST_PAUSE_S = 60.0
WORTH_TELLING_S = 10.0


async def send(run: Run, upstream: fal.Clients) -> fal.Handle | None:
    """Submit the run (with its endpoint); its handle when upstream has it and it is to be followed.

    A refusal for good ends the run as failed. When upstream cannot be reached or is
    too busy, and the run certainly did not leave, it waits and is sent later; when
    only the answer was lost it is unconfirmed (C25).
    """
    has_left = run.sent_at is not None  # with its claim
    is_blocked = run.endpoint.standing == Standing.BLOCKED
    if is_blocked and await surely(lifecycle.refuse, run.pk):
        return None  # before its files go up
    try:
        arguments = await inputs.resolved(run, upstream)
        if arguments is not run.arguments:
            await Run.objects.filter(pk=run.pk).aupdate(sent_arguments=arguments)
        has_left = has_left or await surely(lifecycle.leave, run.pk, set())
        if not has_left:
            return None
        if run.transport in direct.OPENED:
            await direct.carry(run, arguments, upstream)
            return None
        handle = await upstream.queue.submit(
            run.endpoint.endpoint_id,
            arguments,
            fal.SubmitOptions(webhook_url=webhooks.address(run)),
        )
    except fal.FalError as error:
        await _not_sent(run, error, has_left)
        return None
    has_it = await lifecycle.arecord(
        run.pk,
        Observation(
            Run.State.QUEUED,
            by="submit",
            request_id=handle.request_id,
            handle=handle.as_json(),
            queue_position=handle.queue_position,
            note="",
        ),
    )
    # Its webhook may have come before the answer: then there was nothing new, and perhaps the end.
    return handle if has_it or not await asking.is_over(run.pk) else None


async def _not_sent(run: Run, error: fal.FalError, has_left: bool) -> None:
    if error.is_unconfirmed:
        log.warning("run %s: the answer to its submit was lost: %s", run.pk, error)
        lost = Observation(Run.State.UNCONFIRMED, by="submit", error=error.as_json())
        await lifecycle.arecord(run.pk, lost)
    elif error.is_retryable:
        pause_s = asking.asked_for_s(error) or min(2.0 ** min(run.attempts, 9), LONGEST_PAUSE_S)
        log.warning("run %s not sent, again in %.0f s: %s", run.pk, pause_s, error)
        when = f"in {pause_s:.0f} s" if pause_s >= WORTH_TELLING_S else "in a moment"
        words = f"{sentence(str(error)[:200])} It is sent again {when}."
        pause = timedelta(seconds=pause_s)
        await surely(lifecycle.give_back, run.pk, words, pause, has_left)
    else:
        failed = outcomes.failed(error, by="submit")
        await lifecycle.arecord(run.pk, replace(failed, before_leaving=not has_left))
