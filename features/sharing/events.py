"""Feedback on a share raises its version and wakes every page that shows the share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F

from core.notify import channel
from features.sharing.models import Share

if TYPE_CHECKING:
    import uuid


def raise_version(key: uuid.UUID) -> int:
    """Raise the version of the share with this key and return it; waiters wake on commit.

    Call it as the last step of a transaction: the share's row stays locked until the commit, and
    simultaneous feedback waits for that.
    """
    with transaction.atomic():
        Share.objects.filter(pk=key).update(version=F("version") + 1)
        channel.notify()
        return Share.objects.values_list("version", flat=True).get(pk=key)
