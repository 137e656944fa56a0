"""Reads the services that identify users from the environment: OpenID Connect issuers, GitHub."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from config.starting.settings_rules import LOCAL_HOSTS, require_address

Text = Callable[[str], str]  # the value of a variable, empty without one
SUFFIXES = ("", *(f"_{number}" for number in range(2, 10)))
PARTS = ("NAME", "CLIENT_ID", "CLIENT_SECRET", "ROLE_CLAIM", "ROLES", "PROJECTS_CLAIM", "PROJECTS")
# Every variable that is read here, those of one issuer without its number.
NAMES = (
    *("OIDC_ISSUER", "OIDC_SCOPES", *(f"OIDC_{part}" for part in PARTS)),
    *("GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET"),
    *("GITHUB_CLIENT_ID", "GITHUB_CLIENT_SECRET", "GITHUB_URL"),
)
GOOGLE = "https://accounts.google.com"
GITHUB = "https://github.com"
HOUSE_ROLES = ("member", "curator", "admin")
PROJECT_ROLES = ("viewer", "maker", "manager")
SCOPES = "openid profile email"
MAX_ISSUER_LENGTH = 200  # allauth's column
DOMAIN = re.compile(r"(?!-)[a-z0-9-]+(\.[a-z0-9-]+)+")


def read(text: Text) -> dict[str, Any]:
    """Return SOCIALACCOUNT_PROVIDERS; raises ImproperlyConfigured, which quotes no secret.

    An app's `provider_id`, which is stored with accounts, is the issuer's address, not a name of
    the settings: a subject is only looked up among those of its own issuer. Its `slug` is in our
    addresses.
    """
    issuers = [app for suffix in SUFFIXES if (app := _openid(text, suffix))]
    if text("GOOGLE_CLIENT_ID") or text("GOOGLE_CLIENT_SECRET"):
        issuers.append(_app(text, "GOOGLE", "Google", "google", GOOGLE))
    keys = [app["provider_id"] for app in issuers]
    if twice := next((key for key in keys if keys.count(key) > 1), None):
        raise ImproperlyConfigured(f"OIDC_ISSUER {twice} is set twice; each issuer counts once.")
    providers: dict[str, Any] = {"openid_connect": {"APPS": issuers}} if issuers else {}
    if text("GITHUB_CLIENT_ID") or text("GITHUB_CLIENT_SECRET"):
        url = _address(text, "GITHUB_URL", GITHUB)
        providers["github"] = {"APPS": [_app(text, "GITHUB", "GitHub", "github", url)]}
    return providers


def read_domains(setting: str) -> list[str]:
    """Return SIGN_UP_DOMAINS in lower case; raises ImproperlyConfigured."""
    domains = [part.strip().lower() for part in setting.split(",") if part.strip()]
    for domain in domains:
        if not DOMAIN.fullmatch(domain):
            raise ImproperlyConfigured(
                "SIGN_UP_DOMAINS must list domains of e-mail addresses, such as example.com, "
                f"not {domain!r}."
            )
    return domains


def _openid(text: Text, suffix: str) -> dict[str, Any] | None:
    """Return the app of one group of variables; None if none of them is set."""
    name = f"OIDC_ISSUER{suffix}"
    if not text(name):
        for part in PARTS:
            if text(f"OIDC_{part}{suffix}"):
                raise ImproperlyConfigured(f"OIDC_{part}{suffix} is set, but {name} is missing.")
        return None
    url = _address(text, name)
    app = _app(text, "OIDC", str(urlsplit(url).hostname), f"oidc{suffix.replace('_', '-')}", url)
    if display_name := text(f"OIDC_NAME{suffix}"):
        app["name"] = display_name[:40]
    return app


def _app(text: Text, prefix: str, name: str, slug: str, url: str) -> dict[str, Any]:
    """Return one entry of APPS."""
    suffix = slug.removeprefix("oidc").replace("-", "_") if prefix == "OIDC" else ""
    client_id, secret = f"{prefix}_CLIENT_ID{suffix}", f"{prefix}_CLIENT_SECRET{suffix}"
    for needed_name in (client_id, secret):
        if not text(needed_name):
            raise ImproperlyConfigured(
                f"{needed_name} is missing: {name} issues one for this server."
            )
    settings: dict[str, Any] = {"slug": slug, "server_url": url}
    if prefix == "OIDC":
        scopes = f"OIDC_SCOPES{suffix}"
        settings["scope"] = (text(scopes) or SCOPES).split()
        if "openid" not in settings["scope"]:
            raise ImproperlyConfigured(f"{scopes} must contain openid, such as {SCOPES}.")
        settings |= _claims(text, suffix)
    return {
        "provider_id": url,
        "name": name,
        "client_id": text(client_id),
        "secret": text(secret),
        "settings": settings,
    }


def _claims(text: Text, suffix: str) -> dict[str, Any]:
    """Return the claims for the house role and projects, and the meanings of their values."""
    roles, projects = f"OIDC_ROLES{suffix}", f"OIDC_PROJECTS{suffix}"
    settings: dict[str, Any] = {}
    for kind, name in (("role", roles), ("projects", projects)):
        claim = f"OIDC_{kind.upper()}_CLAIM{suffix}"
        if bool(text(claim)) != bool(text(name)):
            missing, present = (claim, name) if text(name) else (name, claim)
            raise ImproperlyConfigured(
                f"{missing} is missing; without it, {present} has no effect."
            )
        settings[f"{kind}_claim"] = text(claim)
        settings[f"{kind}_by_value"] = _mapping(text, name)
    for role in settings["role_by_value"].values():
        if role not in HOUSE_ROLES:
            raise ImproperlyConfigured(
                f"{roles} must give one of {', '.join(HOUSE_ROLES)}, not {role!r}."
            )
    for place in " ".join(settings["projects_by_value"].values()).split():
        slug, _, role = place.rpartition(":")
        if not slug or role not in PROJECT_ROLES:
            raise ImproperlyConfigured(
                f"{projects} must give a project's address and one of {', '.join(PROJECT_ROLES)}, "
                f"such as spring-campaign:maker, not {place!r}."
            )
    return settings


def _mapping(text: Text, name: str) -> dict[str, str]:
    """Parse `value=meaning, …`, or JSON for values that have a comma or an equals sign."""
    mapping_text = text(name).strip()
    if mapping_text.startswith("{"):
        try:
            mapping = json.loads(mapping_text)
        except ValueError:
            mapping = None
        if isinstance(mapping, dict) and all(isinstance(item, str) for item in mapping.values()):
            return mapping
        raise ImproperlyConfigured(f"{name} must be a JSON object of texts.")
    mapping = {}
    for pair in filter(None, map(str.strip, mapping_text.split(","))):
        value, equals, meaning = (part.strip() for part in pair.rpartition("="))
        if not (equals and value and meaning):
            raise ImproperlyConfigured(f"{name} must look like value=meaning, …, not {pair!r}.")
        mapping[value] = meaning
    return mapping


def _address(text: Text, name: str, default: str = "") -> str:
    """Return an issuer's address without a slash at its end; https, except on this machine."""
    url = (text(name) or default).strip().rstrip("/")
    require_address(name, url, ("https", "http"))
    parts = urlsplit(url)
    if parts.scheme == "http" and parts.hostname not in LOCAL_HOSTS:
        raise ImproperlyConfigured(
            f"{name} must begin with https://, so that nobody on the network can read the client "
            "secret. Only localhost may have http://."
        )
    if parts.username or parts.query or parts.fragment or len(url) > MAX_ISSUER_LENGTH:
        raise ImproperlyConfigured(
            f"{name} must be the issuer's address alone, as it stands in its own configuration: no "
            f"password, no question mark, at most {MAX_ISSUER_LENGTH} characters."
        )
    return url
