"""Submits a run once; again only if the request certainly did not reach upstream."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from functools import partial

from asgiref.sync import sync_to_async

import fal
from catalog.models import Mark
from runs.files import inputs
from runs.models import Run
from runs.progress import account_concurrency
from runs.results import outcomes, refusals, wait_reasons
from runs.results.error_messages import with_full_stop
from runs.state import state_machine
from runs.state.locked_update import retry_until_committed
from runs.state.transitions import Observation
from runs.worker import submit_options
from runs.worker.account_gate import AccountGate
from runs.worker.following import status_polling
from runs.worker.limits import DIRECT_LIMITS, DirectLimits
from runs.worker.transports import direct
from runs.worker.webhooks import deliveries

log = logging.getLogger(__name__)

LONGEST_PAUSE_S = 60.0
SHOW_PAUSE_FROM_S = 10.0
MOST_DOUBLED = 3  # pauses at fal's limit; the run goes when another of its account has ended
ACCOUNT_PAUSE_S = 1.0  # the gate decides when one of the waiting runs is sent


async def submit_run(
    run: Run, upstream: fal.Clients, account: AccountGate, limits: DirectLimits = DIRECT_LIMITS
) -> fal.Handle | None:
    """Submit the run (with its endpoint); return its handle if it must be followed.

    A final rejection ends the run as failed. The run is requeued if upstream cannot be reached or
    is too busy and the request certainly did not arrive, and if upstream refuses the whole
    `account`. If only the answer was lost, the run becomes unconfirmed (C25).
    """
    began = account.now()
    was_submitted = run.sent_at is not None  # marked by its claim
    is_blocked = run.endpoint.mark == Mark.BLOCKED
    if is_blocked and await retry_until_committed(state_machine.fail_if_blocked, run.pk):
        return None  # before its files are uploaded
    try:
        arguments = await inputs.upload_inputs(run, upstream)
        if arguments is not run.arguments:
            await Run.objects.filter(pk=run.pk).aupdate(sent_arguments=arguments)
        was_submitted = was_submitted or await retry_until_committed(
            state_machine.mark_submitted, run.pk, set()
        )
        if not was_submitted:
            return None
        if run.transport in direct.CONNECTIONS:
            await direct.run_directly(run, arguments, upstream, limits=limits)
            account.record_taken(run.endpoint.endpoint_id, began)
            return None
        handle = await upstream.queue.submit(
            run.endpoint.endpoint_id,
            arguments,
            await submit_options.options_of(run, deliveries.address(run)),
        )
    except fal.FalError as error:
        await _record(run, error, was_submitted, account, began)
        return None
    account.record_taken(run.endpoint.endpoint_id, began)
    log.info("run %s is upstream's request %s", run.pk, handle.request_id)
    is_new = await state_machine.arecord(
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
    # Its webhook may have ended the run before this answer, which then had no news.
    return handle if is_new or not await status_polling.is_over(run.pk) else None


async def _record(
    run: Run, error: fal.FalError, was_submitted: bool, account: AccountGate, began: float
) -> None:
    refusal = refusals.of_account(error)
    is_held = refusal is not None and account.record_refused(
        refusal, run.endpoint.endpoint_id, began
    )
    reaction = fal.reaction_to(error, run.transport, is_for_now=is_held or error.is_retryable)
    if reaction is fal.Reaction.UNCONFIRMED:
        log.warning("run %s: the answer to its submit was lost: %s", run.pk, error)
        unconfirmed = Observation(Run.State.UNCONFIRMED, by="submit", error=error.as_json())
        await state_machine.arecord(run.pk, unconfirmed)
    elif refusal and is_held:
        log.warning("run %s waits: %s", run.pk, error)
        message = (account.trouble or refusal.sentence) + wait_reasons.GOES_ON
        await retry_until_committed(state_machine.note_event, run.pk, "later", message)
        await _requeue(run, message, ACCOUNT_PAUSE_S, was_submitted, has_event=False)
    elif reaction is fal.Reaction.SEND_AGAIN and error.type == fal.CONCURRENCY_LIMIT:
        message = await sync_to_async(account_concurrency.record_refused)()
        await _requeue(run, message, 2.0 ** min(run.attempts, MOST_DOUBLED), was_submitted)
    elif reaction is fal.Reaction.SEND_AGAIN:
        pause_s = status_polling.requested_wait_s(error) or min(
            2.0 ** min(run.attempts, 9), LONGEST_PAUSE_S
        )
        log.warning("run %s not sent, again in %.0f s: %s", run.pk, pause_s, error)
        time_phrase = f"in {pause_s:.0f} s" if pause_s >= SHOW_PAUSE_FROM_S else "in a moment"
        message = f"{with_full_stop(str(error)[:200])} The run is sent again {time_phrase}."
        await _requeue(run, message, pause_s, was_submitted)
    else:
        if refusal:
            error.type = refusals.NO_ACCESS
        failed = outcomes.from_error(error, by="submit")
        await state_machine.arecord(run.pk, replace(failed, before_submit=not was_submitted))


async def _requeue(
    run: Run, note: str, pause_s: float, was_submitted: bool, *, has_event: bool = True
) -> None:
    pause = timedelta(seconds=pause_s)
    requeue = partial(state_machine.requeue, has_event=has_event)
    await retry_until_committed(requeue, run.pk, note, pause, was_submitted)
