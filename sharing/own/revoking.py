"""Ends shares, and brings them back for a while."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from accounts import audit
from sharing.events import raise_version
from sharing.models import Share

if TYPE_CHECKING:
    from django.contrib.auth.models import User

UNDO_WITHIN = timedelta(days=1)


@transaction.atomic
def revoke(share: Share, by: User) -> None:
    """End a share: its address and its files lead nowhere from now on. Idempotent."""
    ended = Share.objects.filter(pk=share.pk, revoked_at=None).update(revoked_at=timezone.now())
    if ended:
        audit.record(by, "ended", [share])
        raise_version(share.pk)


@transaction.atomic
def bring_back(share: Share, by: User) -> bool:
    """Undo the end of a share; False if it was too long ago."""
    since = timezone.now() - UNDO_WITHIN
    back = Share.objects.filter(pk=share.pk, revoked_at__gt=since).update(revoked_at=None)
    if back:
        audit.record(by, "restored", [share])
        raise_version(share.pk)
    return bool(back)
