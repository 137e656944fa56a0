"""Fetches the keys that verify webhooks, on schedule and when they are requested."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.utils import timezone

import fal
from fal.messages.webhooks import public_keys
from runs.models import UpstreamKeys
from runs.worker.webhooks.deliveries import KEYS_ROW

log = logging.getLogger(__name__)

FETCH_AGAIN = timedelta(hours=12)  # so that keys never expire while a worker is running
MIN_FETCH_PAUSE = timedelta(minutes=1)  # between two fetches of the keys


def are_due() -> bool:
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


async def fetch(upstream: fal.Clients) -> None:
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
