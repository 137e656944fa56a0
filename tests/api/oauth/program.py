"""A program that signs in by the browser of a person."""

import base64
import hashlib
import html
import json
import re
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import uuid4

from django.test import Client

BACK = "https://assistant.example/back"
VERIFIER = "v" * 50
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().strip("=")


class Program:
    """Registers itself, sends a person's browser to the consent, and exchanges what comes back."""

    def __init__(self, name: str = "Claude", **about: Any) -> None:
        self.http = Client()
        described = {
            "client_name": name,
            "redirect_uris": [BACK],
            "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token"],
        }
        self.registration = self.http.post(
            "/oauth/registration/", json.dumps(described | about), content_type="application/json"
        )
        self.id = self.registration.json().get("client_id", "")

    def asks(self, **changed: Any) -> str:
        """Return the address that the person's browser is sent to; None leaves a part out."""
        asked = {
            "response_type": "code",
            "client_id": self.id,
            "redirect_uri": BACK,
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            "state": "s1",
            "scope": "read run",
            "resource": "http://testserver/mcp",
        } | changed
        query = {name: value for name, value in asked.items() if value is not None}
        return f"/oauth/authorize/?{urlencode(query)}"

    def page(self, person: Client, **changed: Any) -> str:
        return person.get(self.asks(**changed)).content.decode()

    def consents(self, person: Client, **choices: Any) -> str:
        """Press "Connect" on a fresh page; return the code."""
        return code_in(person.post("/oauth/authorize/", answer(self.page(person), **choices)))

    def exchanges(self, code: str, **changed: Any) -> Any:
        """Exchange a code; return the response."""
        return self._token(
            {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
            | {"code_verifier": VERIFIER}
            | changed
        )

    def refreshes(self, refresh_token: str, **changed: Any) -> Any:
        post = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return self._token(post | changed)

    def gives_back(self, token: str) -> Any:
        return self.http.post("/oauth/revocation/", {"client_id": self.id, "token": token})

    def reads(self, access_token: str) -> int:
        """Call the API; return the status."""
        bearer = {"Authorization": f"Bearer {access_token}"}
        return self.http.get("/api/v1/me", headers=bearer).status_code

    def cancels(self, access_token: str) -> int:
        """Call what needs the scope `run`; return the status."""
        bearer = {"Authorization": f"Bearer {access_token}"}
        return self.http.post(f"/api/v1/runs/{uuid4()}/cancellation", headers=bearer).status_code

    def _token(self, post: dict[str, Any]) -> Any:
        return self.http.post("/oauth/token/", {"client_id": self.id} | post)


def answer(page: str, **choices: Any) -> dict[str, Any]:
    """Return the fields of a consent page as a person fills them in."""
    signed = re.findall(r'name="request" value="([^"]+)"', page)
    return {
        "request": html.unescape(signed[0]) if signed else "",
        "action": "grant",
        "scopes": ["read", "run"],
        "project": "",
        "limit": "",
        "period": "month",
    } | choices


def back_in(response: Any) -> str:
    """Return the address that the last page leads back to; empty without one."""
    found = re.findall(r'content="0; url=([^"]+)"', response.content.decode())
    return html.unescape(found[0]) if found else ""


def code_in(response: Any) -> str:
    """Return the code in that address; empty without one."""
    return "".join(parse_qs(urlsplit(back_in(response)).query).get("code", []))
