"""Deletes uploads: hidden at once, restorable within `GRACE`, then purged (`runs/files/purge.py`).

A deleted upload counts towards no quota. Runs that have used it say that it was deleted; one that
waits with it still gets it.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from accounts.audit import trail
from projects.kept.models import GRACE
from runs.files import storage_limits
from runs.models import Upload
from runs.ownership.deletion import Deletion

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    from runs.models.upload import UploadQuerySet


def restorable(user: User | AnonymousUser) -> UploadQuerySet:
    """Return the deleted uploads that a user may restore: their own, and those they manage."""
    uploads = Upload.objects.removable_by(user)
    return uploads.filter(deleted_at__gt=timezone.now() - GRACE)


def delete(uploads: UploadQuerySet, by: User) -> Deletion:
    """Delete those of these uploads that `by` may delete."""
    now = timezone.now()
    return Deletion(_mark(uploads.removable_by(by), by, "deleted", now), now)


@transaction.atomic
def restore(uploads: UploadQuerySet, by: User) -> int:
    """Restore deleted uploads; return their number. Raises QuotaExceeded if there is no room."""
    restored = restorable(by).filter(pk__in=uploads.values("pk"))
    sizes = restored.order_by().values_list("user").annotate(Sum("size_bytes"))
    for owner, size_bytes in sizes:
        storage_limits.require_quota(owner, "", size_bytes)
    return _mark(restored, by, "restored", None)


@transaction.atomic
def _mark(uploads: UploadQuerySet, by: User, action: str, at: datetime | None) -> int:
    rows = list(uploads.order_by("pk").select_for_update(of=("self",)).select_related("project"))
    Upload.objects.filter(pk__in=[row.pk for row in rows]).update(deleted_at=at)
    trail.record(by, action, rows)
    return len(rows)
