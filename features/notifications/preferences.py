"""A user's choices besides their channels (`models.NotificationPreferences`)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from features.notifications.models import NotificationPreferences

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MAX_MINUTES = 7 * 24 * 60
MAX_LIMIT = Decimal(1_000_000)
CENT = Decimal("0.01")


def preferences_of(user: User) -> NotificationPreferences:
    """Return the user's preferences; unsaved defaults if there are none."""
    preferences = NotificationPreferences.objects.filter(user=user).first()
    return preferences or NotificationPreferences(user=user)


def save(user: User, minutes: int, limit: Decimal | None) -> None:
    """Save the minutes from which a run is long, and the daily cost limit."""
    values = {"long_run_minutes": minutes, "daily_limit": limit}
    NotificationPreferences.objects.update_or_create(user=user, defaults=values)
