"""Deletes housekeeping rows after a setting's number of days: drafts, notifications, logs.

Other tables are kept small where they are written: `tests/house/operations/test_growth.py`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from django.apps import apps
from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from features.notifications.models import Delivery
from runs.models import LedgerAccount
from runs.models.ledger import SumState

EVERY_S = 600.0
SOON_S = 1.0  # while more is due
AT_ONCE = 500  # of a model, so that no writer waits long


class Rows(NamedTuple):
    """Rows of a model that are deleted some days after a moment, except those that `stay`."""

    model: str
    at: str
    setting: str
    stay: Q | None = None


# Accounts other than assistants' (whose sessions end within days), or with an unsettled sum.
_CAP_IN_USE = ~Q(kind=LedgerAccount.Kind.ASSISTANT) | Q(entries__state=SumState.RESERVED)
ROWS = (
    Rows("playground.Draft", "updated_at", "DRAFTS_KEPT_DAYS"),
    Rows("boards.PlanDraft", "updated_at", "DRAFTS_KEPT_DAYS"),
    Rows("notifications.Notification", "created_at", "INBOX_KEPT_DAYS"),
    Rows("notifications.Delivery", "created_at", "LOGS_KEPT_DAYS", Q(state=Delivery.State.WAITING)),
    Rows("account.EmailConfirmation", "created", "LOGS_KEPT_DAYS"),
    Rows("api.Consent", "created_at", "LOGS_KEPT_DAYS"),
    Rows("api.ProxyPart", "created_at", "LOGS_KEPT_DAYS"),
    Rows("playground.WebhookReport", "received_at", "LOGS_KEPT_DAYS"),
    Rows("playground.Worker", "beat_at", "LOGS_KEPT_DAYS"),
    Rows("projects.Look", "until", "LOGS_KEPT_DAYS"),
    Rows("projects.Move", "created_at", "LOGS_KEPT_DAYS"),
    Rows("playground.LedgerAccount", "created_at", "LOGS_KEPT_DAYS", _CAP_IN_USE),
    Rows("admin.LogEntry", "action_time", "AUDIT_DAYS"),
    Rows("operations.Backup", "started_at", "AUDIT_DAYS"),
)


def delete_expired() -> float:
    """Delete some of the expired rows; return the seconds until the next call."""
    wait_s = EVERY_S
    for rows in ROWS:
        if not (days := getattr(settings, rows.setting)):
            continue  # kept for ever
        all_rows = apps.get_model(rows.model)._default_manager
        old = all_rows.filter(**{f"{rows.at}__lt": timezone.now() - timedelta(days=days)})
        if rows.stay is not None:
            old = old.exclude(rows.stay)
        keys = list(old.values_list("pk", flat=True)[:AT_ONCE])
        if keys:
            all_rows.filter(pk__in=keys).delete()
        if len(keys) == AT_ONCE:
            wait_s = SOON_S
    return wait_s
