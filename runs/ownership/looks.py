"""Opens somebody's private run to an admin who says why: recorded, told, and for a day."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from accounts import audit, permissions
from fal.db_safe import db_safe_text
from runs.models import Look, Run

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LASTS = timedelta(hours=24)
MIN_REASON_CHARS, MAX_REASON_CHARS = 10, 500


def clean_reason(text: str) -> str:
    """Return the reason on one line; raises ValueError with a sentence if it says too little."""
    reason = " ".join(db_safe_text(text).split())
    if len(reason) < MIN_REASON_CHARS:
        raise ValueError(
            f"Say why you need to look, in {MIN_REASON_CHARS} letters or more: "
            "whose run it is will read it."
        )
    if len(reason) > MAX_REASON_CHARS:
        raise ValueError(f"Keep the reason to {MAX_REASON_CHARS} letters.")
    return reason


def open_run(run: Run, by: User, reason: str) -> Look:
    """Let `by` read the run for a day; the audit log has the reason. The caller tells its user.

    `reason` is one of `clean_reason`. Raises PermissionDenied for who may not see that the run
    happened.
    """
    if not permissions.may_see_runs(by):
        raise PermissionDenied("You may not look at what others keep to themselves.")
    until = timezone.now() + LASTS
    with transaction.atomic():
        look, _ = Look.objects.update_or_create(run=run, by=by, defaults={"until": until})
        audit.record(by, "looked at", [run], f"of {run.user.get_username()}, because: {reason}")
    return look
