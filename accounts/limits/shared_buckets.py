"""Token buckets in the database, which all web processes share (`rate_limit.Buckets`)."""

from __future__ import annotations

import hashlib
import logging
from datetime import timedelta

from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts.models import RateBucket

FORGOTTEN_AFTER = timedelta(hours=1)  # every bucket is full again before that

log = logging.getLogger(__name__)


def spend(name: str, client: str, burst: int, rate: float, spent: int) -> float | None:
    """Take what a process has `spent` and one more; return what is left, negative if refused.

    A refused request takes nothing, but what was spent elsewhere stays owed. None where the
    database fails: a limit is no reason to fail a request.
    """
    key, now = hashlib.sha256(f"{name}\0{client}".encode()).hexdigest(), timezone.now()
    try:
        with transaction.atomic():
            new = RateBucket(key=key, tokens=burst, counted_at=now)
            RateBucket.objects.bulk_create([new], ignore_conflicts=True)
            row = RateBucket.objects.select_for_update().get(pk=key)
            refilled = max(0.0, (now - row.counted_at).total_seconds()) * rate
            tokens = min(burst, row.tokens + refilled) - spent
            row.tokens, row.counted_at = tokens - (tokens >= 1), now
            row.save(update_fields=["tokens", "counted_at"])
    except DatabaseError as error:
        log.warning("a rate limit is counted in this process alone: %s", error)
        return None
    return tokens - 1


def delete_expired() -> None:
    """Delete the buckets that have been full for long."""
    RateBucket.objects.filter(counted_at__lt=timezone.now() - FORGOTTEN_AFTER).delete()
