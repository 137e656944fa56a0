"""The issuers that the settings name (`config.starting.issuers` reads them)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from allauth.socialaccount.models import SocialAccount, SocialApp
from django.conf import settings

FIELDS = ("provider_id", "name", "client_id", "secret", "settings")


def apps() -> list[SocialApp]:
    """Return allauth's app of each issuer, built from the settings."""
    return [
        SocialApp(provider=kind, **{field: app[field] for field in FIELDS})
        for kind, values in settings.SOCIALACCOUNT_PROVIDERS.items()
        for app in values["APPS"]
    ]


def app_of(key: str) -> SocialApp | None:
    """Return the app of an issuer by its address, which accounts store as their provider."""
    return next((app for app in apps() if app.provider_id == key), None)


def app_at(slug: str) -> SocialApp | None:
    """Return the app of an issuer by its name in our URLs."""
    return next((app for app in apps() if app.settings["slug"] == slug), None)


def name_of(key: str) -> str:
    """Return an issuer's name for people; its host name if the settings dropped it."""
    app = app_of(key)
    return app.name if app else str(urlsplit(key).hostname or key)


def name_there(account: SocialAccount) -> str:
    """Return a name for an account at an issuer: its last known e-mail address, name or ID."""
    names = (account.extra_data.get(key) for key in ("email", "username", "name"))
    return next((str(name) for name in names if name), account.uid)


def program_of(account: SocialAccount) -> str:
    """Return the audit log's text for a sign-in by the account's issuer."""
    return f"sign-in by {name_of(account.provider)}"


def claim_rules(key: str) -> dict[str, Any]:
    """Return the settings `role_claim`, `role_by_value`, `projects_claim`, `projects_by_value`."""
    app = app_of(key)
    return app.settings if app else {}
