"""Webhooks from upstream: verified before they are parsed, and recorded or stored at once.

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

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from core.notify import channel
from fal.messages.webhooks import HEADERS, Report, Verdict, public_keys, signature_headers, verdict
from runs.models import Run, UpstreamKeys, WebhookReport
from runs.results import outcomes
from runs.state import state_machine, transitions
from runs.state.transitions import Observation

log = logging.getLogger(__name__)

LARGEST_BYTES = 32 << 20
KEYS_LAST = timedelta(hours=24)
DELIVERIES_KEPT = 4  # per run
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
    keys = UpstreamKeys.objects.filter(pk=KEYS_ROW).first()
    is_valid = keys is not None and keys.fetched_at and keys.fetched_at > now - KEYS_LAST
    trusted = public_keys(keys.jwks) if keys and is_valid else []
    judged = verdict(headers, body, trusted, now.timestamp())
    run = Run.objects.filter(webhook_token=token).light("events").first()
    if judged is Verdict.MALFORMED:
        return Receipt.FORGED
    if not trusted:
        request_keys(keys)
        return _store_delivery(run, headers, body)
    if judged is Verdict.UNKNOWN_KEY:
        request_keys(keys)
        return Receipt.FORGED
    return _record_delivery(run, keys, headers, body)


def _record_delivery(
    run: Run | None, keys: UpstreamKeys | None, headers: Mapping[str, str], body: bytes
) -> Receipt:
    """Record a genuine delivery; the worker fetches what it lacks."""
    observation = parse_delivery(headers, body)
    if observation is None or not is_our_accounts(run, keys, headers, observation):
        return Receipt.FORGED
    if run is None or not may_be_of(run, observation.request_id):
        log.info("a webhook for request %s, which is not this run's", observation.request_id[:64])
    elif observation.state:
        state_machine.record(run.pk, observation)
    elif not run.is_final:
        return _store_delivery(run, headers, body)
    return Receipt.YES


def may_be_of(run: Run, request_id: str) -> bool:
    """Whether a request may be this run's: the same id, or an uncertain id that is not in use."""
    if run.request_id and not transitions.is_matched_by_content(run):
        return run.request_id == request_id
    return not Run.objects.filter(request_id=request_id).exists()


def is_our_accounts(
    run: Run | None, keys: UpstreamKeys | None, headers: Mapping[str, str], observation: Observation
) -> bool:
    """Whether a delivery is from the account of our key.

    The account is learnt from deliveries for request ids that came with a submit's answer, so a new
    key of another account is noticed as well. A run without a request id only accepts deliveries
    from that account.
    """
    account = signature_headers(headers)[HEADERS[1]][:128]
    if run is None or keys is None or account == keys.account:
        return True
    if run.request_id and run.request_id == observation.request_id:
        UpstreamKeys.objects.filter(pk=KEYS_ROW).update(account=account)
    elif not run.request_id and keys.account:
        log.warning("run %s: a webhook of an account that is not ours", run.pk)
        return False
    return True


def parse_delivery(headers: Mapping[str, str], body: bytes) -> Observation | None:
    """Parse a verified delivery; the observation has no state if the result must be fetched (C29).

    None if the signed header and the body name different requests. If the body cannot be parsed,
    the header still names the request that has ended.
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
        observation = outcomes.from_error(report.failure, by="webhook")
    elif report.has_output:
        observation = outcomes.from_output(report.payload, by="webhook")
    else:
        observation = Observation(by="webhook")
    return replace(observation, request_id=request_id, is_bare=True)


def _store_delivery(run: Run | None, headers: Mapping[str, str], body: bytes) -> Receipt:
    """Store a delivery for the worker, at most DELIVERIES_KEPT per run."""
    if run is None:
        return Receipt.YES
    if run.webhook_reports.count() >= DELIVERIES_KEPT:
        return Receipt.LATER
    with transaction.atomic():
        WebhookReport.objects.create(run=run, headers=signature_headers(headers), body=body)
        channel.notify()
    return Receipt.YES


def request_keys(keys: UpstreamKeys | None) -> None:
    """Request newer keys from the worker; written and logged once until it has tried."""
    fetched, wanted_at = (keys.fetched_at, keys.wanted_at) if keys else (None, None)
    if wanted_at and (fetched is None or wanted_at >= fetched):
        return
    log.warning("a webhook has an unknown signature; the worker fetches newer keys")
    with transaction.atomic():
        UpstreamKeys.objects.update_or_create(pk=KEYS_ROW, defaults={"wanted_at": timezone.now()})
        channel.notify()
