"""Webhooks from upstream: verified before they are parsed, stored at once, processed afterwards.

The web process receives them and makes no outgoing request. It verifies with keys that the worker
has fetched; if no key matches it requests newer ones. Deliveries that arrive before there are any
keys are stored for the worker to verify.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from enum import IntEnum

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

import fal
from core.db import transient_errors
from core.notify import channel
from fal.services.webhooks import HEADERS, Report, Verdict, public_keys, signature_headers, verdict
from playground.models import Delivery, Run, SigningKeys
from playground.runs import outcomes, state_machine, transitions
from playground.runs.transitions import Observation
from playground.worker import idle
from playground.worker.following import follow

log = logging.getLogger(__name__)

LARGEST_BYTES = 32 << 20
KEYS_LAST = timedelta(hours=24)
FETCH_AGAIN = timedelta(hours=12)  # so that keys never expire while a worker is running
MIN_FETCH_PAUSE = timedelta(minutes=1)  # between two fetches of the keys
DELIVERIES_KEPT = 4  # per run
DELIVERY_LASTS = timedelta(hours=2)  # upstream keeps a result for an hour
KEYS_ROW = 1


class Receipt(IntEnum):
    """The HTTP status of the response to a delivery; upstream repeats it unless acknowledged."""

    YES = 200
    FORGED = 401
    LATER = 429  # it cannot be stored now


def address(run: Run) -> str | None:
    """Return the run's webhook address; None if upstream cannot reach this server."""
    if not settings.PUBLIC_URL:
        return None
    return settings.PUBLIC_URL + reverse("playground:webhook", args=[run.webhook_token])


def receive(token: str, headers: Mapping[str, str], body: bytes) -> Receipt:
    """Verify a delivery and record its news of the run with this token.

    The response does not reveal whether the token exists, unless too many deliveries of the run are
    stored already. A repeated or late delivery, or one for a run that has ended, is acknowledged:
    repeating it would change nothing.
    """
    now = timezone.now()
    keys = SigningKeys.objects.filter(pk=KEYS_ROW).first()
    is_valid = keys is not None and keys.fetched_at and keys.fetched_at > now - KEYS_LAST
    trusted = public_keys(keys.jwks) if keys and is_valid else []
    found = verdict(headers, body, trusted, now.timestamp())
    run = Run.objects.filter(webhook_token=token).only("pk", "state", "request_id").first()
    if found is Verdict.MALFORMED:
        return Receipt.FORGED
    if not trusted:
        _request_keys(keys)
        return _store_delivery(run, headers, body)
    if found is Verdict.UNKNOWN_KEY:
        _request_keys(keys)
        return Receipt.FORGED
    return _record_delivery(run, keys, headers, body)


def _record_delivery(
    run: Run | None, keys: SigningKeys | None, headers: Mapping[str, str], body: bytes
) -> Receipt:
    """Record a genuine delivery; the worker fetches what is missing in it."""
    seen = parse_delivery(headers, body)
    if seen is None or not _is_our_accounts(run, keys, headers, seen):
        return Receipt.FORGED
    if run is None or not _may_be_of(run, seen.request_id):
        log.info("a webhook for request %s, which is not this run's", seen.request_id[:64])
    elif seen.state:
        state_machine.record(run.pk, seen)
    elif not run.is_final:
        return _store_delivery(run, headers, body)
    return Receipt.YES


def _may_be_of(run: Run, request_id: str) -> bool:
    """Whether a request may be this run's: the same id, or an uncertain id that is not in use."""
    if run.request_id and not transitions.is_matched_by_content(run):
        return run.request_id == request_id
    return not Run.objects.filter(request_id=request_id).exists()


def _is_our_accounts(
    run: Run | None, keys: SigningKeys | None, headers: Mapping[str, str], seen: Observation
) -> bool:
    """Whether a delivery is from the account of our key.

    The account is learnt from deliveries for request ids that came with a submit's answer, so a new
    key of another account is noticed as well. A run without a request id only accepts deliveries
    from that account.
    """
    account = signature_headers(headers)[HEADERS[1]][:128]
    if run is None or keys is None or account == keys.account:
        return True
    if run.request_id and run.request_id == seen.request_id:
        SigningKeys.objects.filter(pk=KEYS_ROW).update(account=account)
    elif not run.request_id and keys.account:
        log.warning("run %s: a webhook of an account that is not ours", run.pk)
        return False
    return True


def parse_delivery(headers: Mapping[str, str], body: bytes) -> Observation | None:
    """Parse a verified delivery; the observation has no state if the result must be fetched (C29).

    None if the signed header and the body name different requests. With an unparsable body, the
    header still names the request that has ended.
    """
    request_id = signature_headers(headers)[HEADERS[0]]
    try:
        report = Report.from_bytes(body)
    except ValueError as error:
        log.warning("the webhook of request %s cannot be read: %s", request_id[:64], error)
        return Observation(by="webhook", request_id=request_id)
    if report.request_id != request_id:
        return None
    if report.failure:
        seen = outcomes.from_error(report.failure, by="webhook")
    elif report.has_output:
        seen = outcomes.from_output(report.payload, by="webhook")
    else:
        seen = Observation(by="webhook")
    return replace(seen, request_id=request_id, is_bare=True)


def _store_delivery(run: Run | None, headers: Mapping[str, str], body: bytes) -> Receipt:
    """Store a delivery for the worker, at most DELIVERIES_KEPT per run."""
    if run is None:
        return Receipt.YES
    if run.deliveries.count() >= DELIVERIES_KEPT:
        return Receipt.LATER
    with transaction.atomic():
        Delivery.objects.create(run=run, headers=signature_headers(headers), body=body)
        channel.notify()
    return Receipt.YES


def _request_keys(keys: SigningKeys | None) -> None:
    """Request newer keys from the worker; written and logged once until it has tried."""
    fetched, wanted = (keys.fetched_at, keys.wanted_at) if keys else (None, None)
    if wanted and (fetched is None or wanted >= fetched):
        return
    log.warning("a webhook has an unknown signature; the worker fetches newer keys")
    with transaction.atomic():
        SigningKeys.objects.update_or_create(pk=KEYS_ROW, defaults={"wanted_at": timezone.now()})
        channel.notify()


async def process_pending(upstream: fal.Clients) -> float:
    """Fetch keys if due, process stored deliveries; return the seconds until the next time."""
    if settings.PUBLIC_URL and await sync_to_async(_are_keys_due)():
        await _fetch_keys(upstream)
    if not await Delivery.objects.aexists():  # nearly always: one query costs little
        return idle.REST_S
    await _drop_old()
    keys = await SigningKeys.objects.filter(pk=KEYS_ROW).afirst()
    if keys is None or keys.fetched_at is None:
        return idle.LOOK_AGAIN_S
    fresh = Delivery.objects.filter(received_at__lte=keys.fetched_at + KEYS_LAST)
    stored = [pk async for pk in fresh.order_by("received_at").values_list("pk", flat=True)]
    for pk in stored:
        delivery = await Delivery.objects.filter(pk=pk).afirst()  # one body in memory at a time
        try:
            if delivery:
                await _process(delivery, keys, upstream)
        except Exception as error:
            # An unexpected error of one delivery must not delay the others.
            transient_errors.log_failure(log, error, "stored webhook %d was not processed", pk)
            continue
        await Delivery.objects.filter(pk=pk).adelete()
    return idle.LOOK_AGAIN_S


async def _drop_old() -> None:
    old = Delivery.objects.filter(received_at__lt=timezone.now() - DELIVERY_LASTS)
    async for pk, run_id in old.values_list("pk", "run_id"):
        log.warning("run %s: a webhook could not be processed in time", run_id)
        await Delivery.objects.filter(pk=pk).adelete()


def _are_keys_due() -> bool:
    """Whether the keys are due and this worker claims the fetch, by `tried_at` in the row."""
    now = timezone.now()
    keys = SigningKeys.objects.filter(pk=KEYS_ROW).first()
    if keys is None:
        keys, _ = SigningKeys.objects.get_or_create(pk=KEYS_ROW)
    if keys.tried_at and keys.tried_at > now - MIN_FETCH_PAUSE:
        return False
    fetched = keys.fetched_at
    if fetched and fetched > now - FETCH_AGAIN and not _are_wanted(keys):
        return False
    unclaimed = SigningKeys.objects.filter(pk=KEYS_ROW, tried_at=keys.tried_at)
    return bool(unclaimed.update(tried_at=now))


def _are_wanted(keys: SigningKeys) -> bool:
    return bool(keys.fetched_at and keys.wanted_at and keys.wanted_at > keys.fetched_at)


async def _fetch_keys(upstream: fal.Clients) -> None:
    keys = await SigningKeys.objects.aget(pk=KEYS_ROW)
    try:
        jwks = await upstream.keys.fetch()
    except fal.FalError as error:
        log.warning("the webhook keys could not be fetched, again soon: %s", error)
        return
    if public_keys(jwks):
        # Only a requested fetch starts the pause: keys may change right after a usual one.
        tried_at = keys.tried_at if _are_wanted(keys) else None
        await SigningKeys.objects.filter(pk=KEYS_ROW).aupdate(
            jwks=jwks, fetched_at=timezone.now(), tried_at=tried_at
        )
    else:
        log.warning("upstream's key set holds no key that signs webhooks")


async def _process(delivery: Delivery, keys: SigningKeys, upstream: fal.Clients) -> None:
    """Record a stored delivery if it is genuine."""
    run = await Run.objects.select_related("endpoint").aget(pk=delivery.run_id)
    body, received = bytes(delivery.body), delivery.received_at.timestamp()
    found = verdict(delivery.headers, body, public_keys(keys.jwks), received)
    if found is not Verdict.GENUINE:
        log.warning("run %s: a stored webhook has an unknown signature", run.pk)
        return
    seen = parse_delivery(delivery.headers, body)
    is_ours = seen and await sync_to_async(_is_our_accounts)(run, keys, delivery.headers, seen)
    if seen and is_ours:
        await _complete(run, seen, upstream)


async def _complete(run: Run, seen: Observation, upstream: fal.Clients) -> None:
    """Record the end that a delivery reports, fetching the result if it lacks it (C29).

    If that fails, a worker follows the run as usual.
    """
    pk = run.pk
    if run.is_final or not await sync_to_async(_may_be_of)(run, seen.request_id):
        return
    if seen.state:
        await state_machine.arecord(pk, seen)
        return
    try:
        handle = follow.handle_of(run, upstream.queue, seen.request_id)
        result = await upstream.queue.result(handle)
    except fal.RunFailed as error:
        ended = outcomes.from_error(error, by="webhook")
    except ValueError as error:
        log.warning("run %s: a webhook without a usable request id: %s", pk, error)
        return
    except fal.FalError as error:
        log.warning("run %s: the result that a webhook announced was not fetched: %s", pk, error)
        running = replace(seen, state=Run.State.RUNNING, handle=handle.as_json(), is_bare=False)
        await state_machine.arecord(pk, running)
        return
    else:
        ended = outcomes.from_result(result, by="webhook")
    await state_machine.arecord(pk, replace(ended, request_id=seen.request_id, is_bare=True))
