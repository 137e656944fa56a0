"""Asks people to authenticate again before they change how they log in."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.utils import get_next_redirect_url
from allauth.core.internal.httpkit import authenticated_user
from django.http import HttpRequest
from django.urls import reverse

LOG_IN_AGAIN = "login-again"
WORDS = {
    "reauthenticate": "Use your password",
    "mfa_reauthenticate": "Use a code",
    "mfa_reauthenticate:webauthn": "Use a passkey",
}


def in_our_words(methods: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return allauth's ways to confirm, with our words.

    People who have none, because they log in only by link or issuer, log in again.
    """
    worded = [
        method | {"description": WORDS.get(method["id"], method["description"])}
        for method in methods
    ]
    log_in_flow = {
        "id": LOG_IN_AGAIN,
        "description": "Log in again",
        "url": reverse(LOG_IN_AGAIN),
    }
    return worded or [log_in_flow]


def way_back(request: HttpRequest) -> dict[str, Any]:
    """Return the page's context: whether a link opened the session, and the URL of a new login."""
    records = get_authentication_records(request, authenticated_user(request))
    destination = get_next_redirect_url(request) or reverse("account")
    login = f"{reverse('account_login')}?{urlencode({'next': destination})}"
    return {
        "by_link": any(record.get("method") == "link" for record in records),
        "login_url": login,
    }
