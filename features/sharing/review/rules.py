"""Rules on when a review takes feedback and on which items, with the refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.http import Http404
from django.utils import timezone

from accounts.audit import trail
from core.refusals import Refused
from features.sharing import events, items
from features.sharing.models import Share, ShareItem

if TYPE_CHECKING:
    from django.contrib.auth.models import User

CLOSED = "This review is closed. Its answers are kept."
NOT_ASKED = "This share does not ask for that."


def require(share: Share, is_asked: bool) -> None:
    """Raise Refused if the share does not ask for this, or is closed."""
    if not is_asked:
        raise Refused(NOT_ASKED)
    if not share.is_open:
        raise Refused(CLOSED)


def item_of(share: Share, number: int) -> ShareItem:
    """Return an item that takes feedback; raises Http404 if it is no longer shown."""
    item = share.items.filter(number=number, is_gone=False).first()
    if item is None:
        raise Http404(items.GONE)
    if item.run_id and not items.readable(share).filter(pk=item.run_id).exists():
        raise Http404(items.GONE)
    return item


@transaction.atomic
def close(share: Share, by: User, is_closed: bool) -> None:
    """Close or reopen the share for feedback."""
    share.closed_at = timezone.now() if is_closed else None
    share.save(update_fields=["closed_at"])
    trail.record(by, "closed" if is_closed else "reopened", [share])
    events.raise_version(share.pk)
