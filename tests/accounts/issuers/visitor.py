"""A person with a browser who logs in at an issuer and returns, without Chromium."""

import html
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from django.test import Client
from django.urls import reverse

LEADS_TO = re.compile(r'<meta http-equiv="refresh" content="0; url=([^"]*)">')


class Visitor:
    """Django's test client, plus what the issuer's own pages would do."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def begin(self, slug: str, **posted: str) -> str:
        """Press "Continue with …"; return the issuer's address to which it redirects."""
        answer = self.client.post(reverse("issuer-login", args=[slug]), posted)
        assert answer.status_code == 200, answer.content.decode()
        match = LEADS_TO.search(answer.content.decode())
        assert match, answer.content.decode()
        return html.unescape(match[1])

    def come_back(self, slug: str, **query: str) -> Any:
        """Return the answer of our last page of a login, after redirects."""
        return self.client.get(reverse("issuer-callback", args=[slug]), query, follow=True)

    def log_in(self, slug: str, subject: str, **posted: str) -> Any:
        """Log in as `subject` at the mock issuer; return the final page."""
        sent_back = httpx.post(self.begin(slug, **posted), data={"sub": subject})
        assert sent_back.status_code == 302, sent_back.text
        address = urlsplit(sent_back.headers["Location"])
        assert address.path == reverse("issuer-callback", args=[slug])
        return self.come_back(slug, **query_of(address.query))

    @property
    def user_id(self) -> int | None:
        """The id of the logged-in account, or None."""
        key = self.client.session.get("_auth_user_id")
        return int(key) if key else None


def query_of(text: str) -> dict[str, str]:
    """Return the parameters of an address or of a query, each with one value."""
    query = urlsplit(text).query if "://" in text else text
    return {name: values[0] for name, values in parse_qs(query).items()}
