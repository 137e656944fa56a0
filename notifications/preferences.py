"""A user's choices besides their channels (`models.NotificationPreferences`)."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from notifications.models import NotificationPreferences

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MAX_MINUTES = 7 * 24 * 60
MAX_LIMIT = Decimal(1_000_000)
CENT = Decimal("0.01")


def of(user: User) -> NotificationPreferences:
    """Return the user's preferences; unsaved defaults if there are none."""
    preferences = NotificationPreferences.objects.filter(user=user).first()
    return preferences or NotificationPreferences(user=user)


def save(user: User, minutes: str, limit: str) -> dict[str, str]:
    """Save the typed values; returns an error message for each invalid field."""
    errors, chosen = {}, of(user)
    if minutes.isascii() and minutes.isdecimal() and 1 <= int(minutes[:9]) <= MAX_MINUTES:
        chosen.long_run_minutes = int(minutes)
    else:
        errors["minutes"] = f"Write whole minutes, from 1 to {MAX_MINUTES}."
    try:
        chosen.daily_limit = _amount(limit)
    except ValueError as error:
        errors["limit"] = str(error)
    if not errors:
        NotificationPreferences.objects.update_or_create(
            user=user,
            defaults={
                "long_run_minutes": chosen.long_run_minutes,
                "daily_limit": chosen.daily_limit,
            },
        )
    return errors


def _amount(text: str) -> Decimal | None:
    """Parse a typed amount; None if empty. Raises ValueError with a message."""
    text = text.strip().removeprefix("$").replace(",", ".")
    if not text:
        return None
    try:
        amount = Decimal(text[:40])
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or not CENT <= amount < MAX_LIMIT:
        raise ValueError("Write an amount such as 20 or 7.50, or leave it empty.")
    return amount.quantize(CENT)
