"""Sends due deliveries: a job of the worker; any number of workers may run in parallel.

The first worker to update the row claims an attempt and records it before making it. If that worker
dies, another one retries after `TAKEN_FOR`.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Min, QuerySet

from core.db import clock
from features.notifications.delivery import messages, signing_keys
from features.notifications.delivery.messages import Mail, Outcome, Post
from features.notifications.delivery.visibility import readable
from features.notifications.models import Channel, Delivery, Method, SigningKey
from runs.models.querysets import RESULT, heavy_columns

if TYPE_CHECKING:
    import httpx

log = logging.getLogger(__name__)

State = Delivery.State
# Ten attempts within two hours, as fal makes them (protocol, section 10.1).
PAUSES_S = (15, 30, 60, 120, 300, 600, 900, 1800, 3600)
MAX_ATTEMPTS = len(PAUSES_S) + 1
JITTER = 0.1
TAKEN_FOR = timedelta(seconds=60)  # longer than an attempt may take
AT_ONCE = 40
AT_ONCE_PER_PERSON = 5  # so that a slow receiver does not delay the others' deliveries
REST_S = 600.0
LOG_ENTRIES = 20
NO_OUTCOME = "The worker stopped during this attempt: it may or may not have arrived."
NO_MAIL_SERVER = "This server sends no mail: an admin has to set EMAIL_URL."
NO_ADDRESS = "Your account has no e-mail address."
OUT_OF_SIGHT = "You may no longer see what it is about, so it was not sent."


async def send_due(transport: httpx.AsyncBaseTransport | None = None) -> float:
    """Send the deliveries that are due; returns the seconds until the next call."""
    deliveries = await sync_to_async(take)()
    if deliveries:
        from features.notifications.delivery.http_client import (
            VettedTransport,  # not in the web process
        )

        vetted = transport or VettedTransport(settings.WEBHOOK_PRIVATE_ORIGINS)
        try:
            await asyncio.gather(*(_attempt(delivery, vetted) for delivery in deliveries))
        finally:
            await vetted.aclose()
    return await sync_to_async(_pause_s)()


def maintain() -> float:
    """Maintain signing keys, if in use, and addresses; returns the seconds to the next call."""
    now = clock.now()
    signs = (Method.WEBHOOK, Method.RUNS)
    if SigningKey.objects.exists() or Delivery.objects.filter(method__in=signs).exists():
        signing_keys.maintain(now)
    _encrypt_anew()
    return REST_S


def _encrypt_anew() -> None:
    """Encrypt the addresses with the current SECRET_KEY while the settings have former ones.

    So a former key can be removed from the settings later.
    """
    if not settings.SECRET_KEY_FALLBACKS:
        return
    for pk in list(Channel.objects.exclude(address="").values_list("pk", flat=True)):
        with transaction.atomic():
            channel = Channel.objects.select_for_update().filter(pk=pk).first()
            if channel and channel.address:
                channel.save(update_fields=["address"])


def take() -> list[Delivery]:
    """Claim due deliveries for this worker, recording each attempt."""
    now = clock.now()
    due = _sendable().filter(next_attempt_at__lte=now).select_related("notification", "run", "user")
    due = due.defer(*heavy_columns("run__", but=RESULT))
    candidates = due.order_by("next_attempt_at")[: AT_ONCE * AT_ONCE_PER_PERSON]
    return [delivery for delivery in _limit_per_user(candidates) if _claim_attempt(delivery, now)]


def _sendable() -> QuerySet[Delivery]:
    """Return pending deliveries, except to inactive users and deleted channels."""
    pending = Delivery.objects.filter(state=State.PENDING)
    return pending.filter(user__is_active=True, channel__deleted_at=None)


def _limit_per_user(candidates: Iterable[Delivery]) -> list[Delivery]:
    """Return the first candidates, at most a few per user."""
    deliveries, of_person = list[Delivery](), Counter[int]()
    for delivery in candidates:
        if of_person[delivery.user_id] < AT_ONCE_PER_PERSON and len(deliveries) < AT_ONCE:
            of_person[delivery.user_id] += 1
            deliveries.append(delivery)
    return deliveries


def _claim_attempt(delivery: Delivery, now: datetime) -> bool:
    """Record the attempt; False if another worker was first, or no attempts are left."""
    rows = Delivery.objects.filter(
        pk=delivery.pk, state=State.PENDING, next_attempt_at=delivery.next_attempt_at
    )
    entries = _closed(delivery.log)
    if delivery.attempts >= MAX_ATTEMPTS:  # a worker died during the last one
        rows.update(state=State.FAILED, next_attempt_at=None, ended_at=now, log=entries)
        return False
    delivery.attempts += 1
    delivery.log = [*entries, {"at": now.isoformat()}][-LOG_ENTRIES:]
    return bool(
        rows.update(attempts=delivery.attempts, log=delivery.log, next_attempt_at=now + TAKEN_FOR)
    )


def _closed(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the log; add an outcome to the last attempt if it has none."""
    if not entries or "error" in entries[-1]:
        return entries
    return [*entries[:-1], entries[-1] | {"status": None, "error": NO_OUTCOME}]


async def _attempt(delivery: Delivery, transport: httpx.AsyncBaseTransport) -> None:
    """Make one attempt and record its outcome; never raises."""
    try:
        message = await sync_to_async(_compose)(delivery)
        outcome = Outcome(error=OUT_OF_SIGHT, is_permanent=True)
        if message is not None:
            outcome = await _deliver(delivery, message, transport)
    except Exception as error:
        # An unexpected error of one delivery must not keep the others from being recorded.
        log.exception("delivery %s was not composed", delivery.pk)
        outcome = Outcome(error=f"Vitrine could not compose it ({type(error).__name__}).")
    if outcome.error:
        log.info("delivery %s, attempt %s: %s", delivery.pk, delivery.attempts, outcome.error)
    await sync_to_async(record)(delivery, outcome)


def _compose(delivery: Delivery) -> Mail | Post | None:
    """Return the message; None if its user may no longer read it."""
    is_readable = delivery.pk in readable(delivery.user, [delivery])
    return messages.compose(delivery, clock.now()) if is_readable else None


async def _deliver(
    delivery: Delivery, message: Mail | Post, transport: httpx.AsyncBaseTransport
) -> Outcome:
    if isinstance(message, Mail):
        return await asyncio.to_thread(_send_mail, delivery.address, message)
    from features.notifications.delivery.http_client import post  # as in `send_due`

    return await post(delivery.address, message.body, message.headers, transport)


def _send_mail(address: str, mail: Mail) -> Outcome:
    """Send an e-mail; uses no database, so a slow mail server does no harm."""
    if not settings.EMAIL_URL:
        return Outcome(error=NO_MAIL_SERVER, is_permanent=True)
    if not address:
        return Outcome(error=NO_ADDRESS, is_permanent=True)
    try:
        send_mail(mail.subject, mail.text, None, [address])
    except Exception as error:  # mail backends raise any kind of exception
        log.error("a notification was not mailed: %s", error)
        return Outcome(error=f"The mail server did not take it ({type(error).__name__}).")
    return Outcome()


def record(delivery: Delivery, outcome: Outcome) -> None:
    """Record an attempt's outcome; ignored if another worker has taken over the delivery."""
    now = clock.now()
    entry = delivery.log[-1] | {"status": outcome.status, "error": outcome.error}
    values: dict[str, Any] = {"log": [*delivery.log[:-1], entry]}
    if not outcome.error:
        values |= {"state": State.DELIVERED, "ended_at": now, "next_attempt_at": None}
    elif outcome.is_permanent or delivery.attempts >= MAX_ATTEMPTS:
        values |= {"state": State.FAILED, "ended_at": now, "next_attempt_at": None}
    else:
        values["next_attempt_at"] = now + _pause(delivery.attempts, outcome)
    Delivery.objects.filter(pk=delivery.pk, state=State.PENDING, attempts=delivery.attempts).update(
        **values
    )


def _pause(attempts: int, outcome: Outcome) -> timedelta:
    """Return the time until the next attempt: growing, jittered, at least the requested pause."""
    wait_s = PAUSES_S[attempts - 1] * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311
    return timedelta(seconds=max(wait_s, outcome.retry_after_s))


def retry(delivery: Delivery) -> bool:
    """Restart a failed delivery; False if it has not failed."""
    failed = Delivery.objects.filter(pk=delivery.pk, state=State.FAILED)
    return bool(
        failed.update(state=State.PENDING, attempts=0, next_attempt_at=clock.now(), ended_at=None)
    )


def _pause_s() -> float:
    next_at = _sendable().aggregate(at=Min("next_attempt_at"))["at"]
    return max(1.0, min((next_at - clock.now()).total_seconds(), REST_S)) if next_at else REST_S
