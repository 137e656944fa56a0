"""The worker's part of webhooks: keys, stored deliveries, and results that deliveries lack."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from asgiref.sync import sync_to_async
from django.conf import settings
from django.utils import timezone

import fal
from core.db import transient_errors
from fal.messages.webhooks import Verdict, public_keys, verdict
from runs.models import Run, UpstreamKeys, WebhookReport
from runs.results import outcomes
from runs.state import state_machine
from runs.state.transitions import Observation
from runs.worker import idle
from runs.worker.following import follow
from runs.worker.webhooks.deliveries import (
    KEYS_LAST,
    KEYS_ROW,
    is_our_accounts,
    may_be_of,
    parse_delivery,
)

log = logging.getLogger(__name__)

FETCH_AGAIN = timedelta(hours=12)  # so that keys never expire while a worker is running
MIN_FETCH_PAUSE = timedelta(minutes=1)  # between two fetches of the keys
DELIVERY_LASTS = timedelta(hours=2)  # upstream keeps a result for an hour


async def process_pending(upstream: fal.Clients) -> float:
    """Fetch keys if due, process stored deliveries; return the seconds until the next time."""
    if settings.PUBLIC_URL and await sync_to_async(_are_keys_due)():
        await _fetch_keys(upstream)
    if not await WebhookReport.objects.aexists():  # nearly always: one query costs little
        return idle.REST_S
    await _drop_old()
    keys = await UpstreamKeys.objects.filter(pk=KEYS_ROW).afirst()
    if keys is None or keys.fetched_at is None:
        return idle.LOOK_AGAIN_S
    fresh = WebhookReport.objects.filter(received_at__lte=keys.fetched_at + KEYS_LAST)
    report_pks = [pk async for pk in fresh.order_by("received_at").values_list("pk", flat=True)]
    for pk in report_pks:
        # One at a time, so that only one body is in memory.
        report = await WebhookReport.objects.filter(pk=pk).afirst()
        try:
            if report:
                await _process(report, keys, upstream)
        except Exception as error:
            # An unexpected error of one report must not delay the others.
            transient_errors.log_failure(log, error, "stored webhook %d was not processed", pk)
            continue
        await WebhookReport.objects.filter(pk=pk).adelete()
    return idle.LOOK_AGAIN_S


async def _drop_old() -> None:
    old = WebhookReport.objects.filter(received_at__lt=timezone.now() - DELIVERY_LASTS)
    async for pk, run_id in old.values_list("pk", "run_id"):
        log.warning("run %s: a webhook could not be processed in time", run_id)
        await WebhookReport.objects.filter(pk=pk).adelete()


async def _process(report: WebhookReport, keys: UpstreamKeys, upstream: fal.Clients) -> None:
    """Record a stored report if it is genuine."""
    run = await Run.objects.select_related("endpoint").aget(pk=report.run_id)
    body, received = bytes(report.body), report.received_at.timestamp()
    judged = verdict(report.headers, body, public_keys(keys.jwks), received)
    if judged is not Verdict.GENUINE:
        log.warning("run %s: a stored webhook has an unknown signature", run.pk)
        return
    news = parse_delivery(report.headers, body)
    is_ours = news and await sync_to_async(is_our_accounts)(run, keys, report.headers, news)
    if news and is_ours:
        await _complete(run, news, upstream)


async def _complete(run: Run, news: Observation, upstream: fal.Clients) -> None:
    """Record the end that a delivery reports; fetch the result if the delivery lacks it (C29).

    If that fails, a worker follows the run as usual.
    """
    pk = run.pk
    if run.is_final or not await sync_to_async(may_be_of)(run, news.request_id):
        return
    if news.state:
        await state_machine.arecord(pk, news)
        return
    try:
        handle = follow.handle_of(run, upstream.queue, news.request_id)
        result = await upstream.queue.result(handle)
    except fal.RunFailed as error:
        ended = outcomes.from_error(error, by="webhook")
    except ValueError as error:
        log.warning("run %s: a webhook without a usable request id: %s", pk, error)
        return
    except fal.FalError as error:
        log.warning("run %s: the result that a webhook announced was not fetched: %s", pk, error)
        running = replace(news, state=Run.State.RUNNING, handle=handle.as_json(), is_bare=False)
        await state_machine.arecord(pk, running)
        return
    else:
        ended = outcomes.from_result(result, by="webhook")
    await state_machine.arecord(pk, replace(ended, request_id=news.request_id, is_bare=True))


def _are_keys_due() -> bool:
    """Whether the keys are due and this worker has claimed the fetch, by `tried_at` in the row."""
    now = timezone.now()
    keys = UpstreamKeys.objects.filter(pk=KEYS_ROW).first()
    if keys is None:
        keys, _ = UpstreamKeys.objects.get_or_create(pk=KEYS_ROW)
    if _is_within(MIN_FETCH_PAUSE, keys.tried_at, now):
        return False
    if _is_within(FETCH_AGAIN, keys.fetched_at, now) and not _are_wanted(keys):
        return False
    unclaimed = UpstreamKeys.objects.filter(pk=KEYS_ROW, tried_at=keys.tried_at)
    return bool(unclaimed.update(tried_at=now))


def _is_within(pause: timedelta, at: datetime | None, now: datetime) -> bool:
    """Whether `at` is less than `pause` ago.

    A time in the future does not count: the clock that wrote it has been set back since, and
    webhooks would wait for their keys until it has caught up. Two machines may differ by a minute.
    """
    return at is not None and now - pause < at <= now + MIN_FETCH_PAUSE


def _are_wanted(keys: UpstreamKeys) -> bool:
    return bool(keys.fetched_at and keys.wanted_at and keys.wanted_at > keys.fetched_at)


async def _fetch_keys(upstream: fal.Clients) -> None:
    """Fetch the key set and store it; a failure is logged and retried soon."""
    keys = await UpstreamKeys.objects.aget(pk=KEYS_ROW)
    try:
        jwks = await upstream.keys.fetch()
    except fal.FalError as error:
        log.warning("the webhook keys could not be fetched, again soon: %s", error)
        return
    if public_keys(jwks):
        # Only a requested fetch starts the pause: keys may change right after a scheduled one.
        tried_at = keys.tried_at if _are_wanted(keys) else None
        await UpstreamKeys.objects.filter(pk=KEYS_ROW).aupdate(
            jwks=jwks, fetched_at=timezone.now(), tried_at=tried_at
        )
    else:
        log.warning("upstream's key set holds no key that signs webhooks")
