"""Closing a review and opening it again; what was said stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from accounts import audit
from sharing import events
from sharing.models import Share

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@transaction.atomic
def close(share: Share, by: User, is_closed: bool) -> None:
    """Take nothing more on the share, or again."""
    share.closed_at = timezone.now() if is_closed else None
    share.save(update_fields=["closed_at"])
    audit.record(by, "closed" if is_closed else "reopened", [share])
    events.raise_version(share.pk)
