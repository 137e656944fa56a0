"""Webhooks from upstream: verified before they are read, written down at once, worked on afterwards.

The web process takes them and makes no outgoing request. It verifies with keys that the
worker fetched; where they fit nothing it wishes for newer ones, and what comes before
there are any keys it keeps for the worker to verify.
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
from catalog import outages
from fal.webhooks import HEADERS, Report, Verdict, public_keys, signature_headers, verdict
from playground import changes, follower, lifecycle, outcomes
from playground.lifecycle import Observation
from playground.models import Delivery, Run, SigningKeys

log = logging.getLogger(__name__)

LARGEST_BYTES = 32 << 20
KEYS_LAST = timedelta(hours=24)
FETCH_AGAIN = timedelta(hours=12)  # so that they never grow too old while a worker lives
SHORT = timedelta(minutes=1)  # between two fetches, whatever arrives
DELIVERIES_KEPT = 4  # of one run, whose address nobody but fal knows
DELIVERY_LASTS = timedelta(hours=2)  # upstream keeps a result for an hour
LOOK_AGAIN_S = 1.0
KEYS_ROW = 1


class Taken(IntEnum):
    """How a delivery is answered; upstream repeats what is not acknowledged."""

    YES = 200
    FORGED = 401
    LATER = 429  # it cannot be kept now


def address(run: Run) -> str | None:
    """Where upstream reports the run's end; None when nobody outside reaches this server."""
    if not settings.PUBLIC_URL:
        return None
    return settings.PUBLIC_URL + reverse("playground:webhook", args=[run.webhook_token])


def receive(token: str, headers: Mapping[str, str], body: bytes) -> Taken:
    """Take a delivery: verify it, and write down what it says of the token's run.

    The answer is the same whether there is such a run, unless so many wait to be read that one
    more cannot be kept. A delivery that is known, late or
    of a run that has ended is acknowledged, since repeating it would help nobody.
    """
    now = timezone.now()
    keys = SigningKeys.objects.filter(pk=KEYS_ROW).first()
    known = keys is not None and keys.fetched_at and keys.fetched_at > now - KEYS_LAST
    trusted = public_keys(keys.jwks) if keys and known else []
    found = verdict(headers, body, trusted, now.timestamp())
    run = Run.objects.filter(webhook_token=token).only("pk", "state", "request_id").first()
    if found is Verdict.MALFORMED:
        return Taken.FORGED
    if not trusted:
        _wish(keys)
        return _keep(run, headers, body)
    if found is Verdict.UNKNOWN_KEY:
        _wish(keys)
        return Taken.FORGED
    return _take(run, keys, headers, body)


def _take(
    run: Run | None, keys: SigningKeys | None, headers: Mapping[str, str], body: bytes
) -> Taken:
    """Write down what a genuine delivery says; what it leaves out the worker fetches."""
    seen = read(headers, body)
    if seen is None or not _is_our_accounts(run, keys, headers, seen):
        return Taken.FORGED
    if run is None or not _may_be_of(run, seen.request_id):
        log.info("a webhook for request %s, which is not this run's", seen.request_id[:64])
    elif seen.state:
        lifecycle.record(run.pk, seen)
    elif not run.is_final:
        return _keep(run, headers, body)
    return Taken.YES


def _may_be_of(run: Run, request_id: str) -> bool:
    """Whether a request is this run's, or may be: its id is not known for sure, and no other run has this one."""
    if run.request_id and not lifecycle.was_guessed(run):
        return run.request_id == request_id
    return not Run.objects.filter(request_id=request_id).exists()


def _is_our_accounts(
    run: Run | None, keys: SigningKeys | None, headers: Mapping[str, str], seen: Observation
) -> bool:
    """Whether a delivery comes from the account that our runs are of.

    Which that is, is known from reports of requests whose id the submit's own answer told;
    another key, of another account, is noticed by the same. Where only the delivery tells
    which request a run is, it has to be of that account.
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


def read(headers: Mapping[str, str], body: bytes) -> Observation | None:
    """What a verified delivery says; without a state when the result is to be fetched (C29).

    None when the signed header and the body speak of different requests. A body that
    cannot be read still tells, by its header, which request is over.
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
        seen = outcomes.failed(report.failure, by="webhook")
    elif report.has_output:
        seen = outcomes.succeeded(report.payload, by="webhook")
    else:
        seen = Observation(by="webhook")
    return replace(seen, request_id=request_id, is_bare=True)


def _keep(run: Run | None, headers: Mapping[str, str], body: bytes) -> Taken:
    """Leave a delivery to the worker, a few of one run at most."""
    if run is None:
        return Taken.YES
    if run.deliveries.count() >= DELIVERIES_KEPT:
        return Taken.LATER
    with transaction.atomic():
        Delivery.objects.create(run=run, headers=signature_headers(headers), body=body)
        changes.announce()
    return Taken.YES


def _wish(keys: SigningKeys | None) -> None:
    """Say that the keys may be stale: written and logged once until the worker has looked, however many come."""
    fetched, wanted = (keys.fetched_at, keys.wanted_at) if keys else (None, None)
    if wanted and (fetched is None or wanted >= fetched):
        return
    log.warning("a webhook was signed by nobody we know; the worker looks for newer keys")
    SigningKeys.objects.update_or_create(pk=KEYS_ROW, defaults={"wanted_at": timezone.now()})


async def tend(upstream: fal.Clients) -> float:
    """The worker's part: fetch keys when it is time, work off what was kept. Seconds until the next look."""
    if settings.PUBLIC_URL and await sync_to_async(_are_keys_due)():
        await _fetch_keys(upstream)
    if not await Delivery.objects.aexists():  # as nearly always: one look costs little
        return LOOK_AGAIN_S
    await _drop_old()
    keys = await SigningKeys.objects.filter(pk=KEYS_ROW).afirst()
    if keys is None or keys.fetched_at is None:
        return LOOK_AGAIN_S
    fresh = Delivery.objects.filter(received_at__lte=keys.fetched_at + KEYS_LAST)
    kept = [pk async for pk in fresh.order_by("received_at").values_list("pk", flat=True)]
    for pk in kept:
        delivery = await Delivery.objects.filter(pk=pk).afirst()  # one body at a time
        try:
            if delivery:
                await _work_off(delivery, keys, upstream)
        except Exception as error:
            # Nobody thought of this; the others are not to wait for it.
            outages.tell(log, error, "a kept webhook, %d, was not worked off", pk)
            continue
        await Delivery.objects.filter(pk=pk).adelete()
    return LOOK_AGAIN_S


async def _drop_old() -> None:
    old = Delivery.objects.filter(received_at__lt=timezone.now() - DELIVERY_LASTS)
    async for pk, run_id in old.values_list("pk", "run_id"):
        log.warning("run %s: a webhook could not be worked off in time", run_id)
        await Delivery.objects.filter(pk=pk).adelete()


def _are_keys_due() -> bool:
    """Whether this worker is the one to fetch them now; the row says when one last tried."""
    now = timezone.now()
    keys = SigningKeys.objects.filter(pk=KEYS_ROW).first()
    if keys is None:
        keys, _ = SigningKeys.objects.get_or_create(pk=KEYS_ROW)
    if keys.tried_at and keys.tried_at > now - SHORT:
        return False
    fetched = keys.fetched_at
    if fetched and fetched > now - FETCH_AGAIN and not _are_wanted(keys):
        return False
    same = SigningKeys.objects.filter(pk=KEYS_ROW, tried_at=keys.tried_at)
    return bool(same.update(tried_at=now))


def _are_wanted(keys: SigningKeys) -> bool:
    return bool(keys.fetched_at and keys.wanted_at and keys.wanted_at > keys.fetched_at)


async def _fetch_keys(upstream: fal.Clients) -> None:
    keys = await SigningKeys.objects.aget(pk=KEYS_ROW)
    try:
        jwks = await upstream.keys.fetch()
    except fal.FalError as error:
        log.warning("the keys of webhooks could not be had, again soon: %s", error)
        return
    if public_keys(jwks):
        # Only who wished for newer ones has had its turn: keys may change right after the usual fetch.
        tried_at = keys.tried_at if _are_wanted(keys) else None
        await SigningKeys.objects.filter(pk=KEYS_ROW).aupdate(
            jwks=jwks, fetched_at=timezone.now(), tried_at=tried_at
        )
    else:
        log.warning("upstream's key set holds no key that signs webhooks")


async def _work_off(delivery: Delivery, keys: SigningKeys, upstream: fal.Clients) -> None:
    """Record what a kept delivery tells, if it is genuine."""
    run = await Run.objects.select_related("endpoint").aget(pk=delivery.run_id)
    body, received = bytes(delivery.body), delivery.received_at.timestamp()
    found = verdict(delivery.headers, body, public_keys(keys.jwks), received)
    if found is not Verdict.GENUINE:
        log.warning("run %s: a kept webhook was signed by nobody we know", run.pk)
        return
    seen = read(delivery.headers, body)
    is_ours = seen and await sync_to_async(_is_our_accounts)(run, keys, delivery.headers, seen)
    if seen and is_ours:
        await _complete(run, seen, upstream)


async def _complete(run: Run, seen: Observation, upstream: fal.Clients) -> None:
    """Record a delivery's end, or fetch the result that it left out (C29).

    Where that is not to be had now, whoever follows the run asks on, at the pace its host allows.
    """
    pk = run.pk
    if run.is_final or not await sync_to_async(_may_be_of)(run, seen.request_id):
        return
    if seen.state:
        await lifecycle.arecord(pk, seen)
        return
    try:
        handle = follower.handle_of(run, upstream.queue, seen.request_id)
        result = await upstream.queue.result(handle)
    except fal.RunFailed as error:
        ended = outcomes.failed(error, by="webhook")
    except ValueError as error:
        log.warning("run %s: a webhook of no request that could be asked for: %s", pk, error)
        return
    except fal.FalError as error:
        log.warning("run %s: the result that a webhook announced was not had: %s", pk, error)
        known = replace(seen, state=Run.State.RUNNING, handle=handle.as_json(), is_bare=False)
        await lifecycle.arecord(pk, known)
        return
    else:
        ended = outcomes.gave(result, by="webhook")
    await lifecycle.arecord(pk, replace(ended, request_id=seen.request_id, is_bare=True))
