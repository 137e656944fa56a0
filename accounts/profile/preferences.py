"""Reads and writes a person's preferences (`accounts.models.Preferences`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.models import Preferences

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def shares_runs(user: User) -> bool:
    """Return whether the team sees the user's new runs; no query for a request's own user."""
    try:
        return user.preferences.shares_runs
    except Preferences.DoesNotExist:
        return False


def set_shares_runs(user: User, shares: bool) -> None:
    """Choose whether new runs are shown to the team; existing runs do not change."""
    Preferences.objects.update_or_create(user=user, defaults={"shares_runs": shares})
