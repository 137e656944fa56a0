"""Talks to GitHub: exchanges a code for an access token, and reads the person and addresses.

GitHub uses OAuth 2 without ID tokens. Its answers are trusted because we ask it directly over TLS.
It identifies a person by a number that never changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accounts.sign_in.issuers.protocol import claims, http
from accounts.sign_in.issuers.protocol.claims import Identity
from accounts.sign_in.issuers.protocol.failures import IssuerFailure, Reason

if TYPE_CHECKING:
    from allauth.socialaccount.models import SocialApp

PUBLIC = "https://github.com"
PUBLIC_API = "https://api.github.com"


def authorize_url(app: SocialApp) -> str:
    """Return the URL at which a person logs in."""
    return f"{app.settings['server_url']}/login/oauth/authorize"


def redeem(app: SocialApp, code: str, verifier: str, callback: str) -> Identity:
    """Return the person for a code, with the primary address; raises IssuerFailure."""
    url = str(app.settings["server_url"])
    api = app.settings.get("api_url") or (PUBLIC_API if url == PUBLIC else f"{url}/api/v3")
    form = {
        "client_id": app.client_id,
        "client_secret": app.secret,
        "code": code,
        "redirect_uri": callback,
        "code_verifier": verifier,
    }
    tokens = http.post_form(f"{url}/login/oauth/access_token", form)
    token: Any = tokens.get("access_token") if isinstance(tokens, dict) else None
    if not http.is_token(token):
        # GitHub answers a code that it rejects with status 200 and an error.
        raise IssuerFailure(Reason.REJECTED, "no access token")
    person = http.get_json(f"{api}/user", token)
    number = person.get("id") if isinstance(person, dict) else None
    if not isinstance(number, int) or isinstance(number, bool) or number <= 0:
        raise IssuerFailure(Reason.UNTRUSTED, "no user ID")
    email = _primary(http.get_json(f"{api}/user/emails", token))
    values = {
        "sub": str(number),
        "name": person.get("name"),
        "preferred_username": person.get("login"),
        "email": email.get("email"),
        "email_verified": email.get("verified"),
    }
    return claims.read(values, {})


def _primary(addresses: Any) -> dict[str, Any]:
    """Return GitHub's entry of the person's primary address; empty if there is none."""
    entries = addresses if isinstance(addresses, list) else []
    rows = [row for row in entries if isinstance(row, dict)]
    return next((row for row in rows if row.get("primary") is True), {})
