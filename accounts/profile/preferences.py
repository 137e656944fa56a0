"""Reads and writes a person's preferences (`accounts.models.Preferences`)."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser, User

from accounts.models import Preferences


def shares_runs(user: User) -> bool:
    """Return whether the team sees the user's new runs; no query for the request's user."""
    try:
        return user.preferences.shares_runs
    except Preferences.DoesNotExist:
        return False


def set_shares_runs(user: User, shares: bool) -> None:
    """Choose whether new runs are shown to the team; existing runs do not change."""
    Preferences.objects.update_or_create(user=user, defaults={"shares_runs": shares})


def file_names(user: User | AnonymousUser) -> str:
    """Return the user's template of file names, or ""; no query for the request's user."""
    try:
        return user.preferences.file_names if isinstance(user, User) else ""
    except Preferences.DoesNotExist:
        return ""


def set_file_names(user: User, template: str) -> None:
    """Set the template for names of saved results; empty for the default."""
    Preferences.objects.update_or_create(user=user, defaults={"file_names": template})
