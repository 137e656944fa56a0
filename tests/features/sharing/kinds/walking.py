"""Collects everything that a share gives its visitors, by following each address on its pages."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

from django.contrib.auth.models import User
from django.test import Client

from features.sharing import items
from features.sharing.kinds.table import KINDS
from features.sharing.models import Share

_NAMED = re.compile(r'(?:href|src|poster|srcset|action|content|data-[\w-]+|hx-get)="([^"]*)"')


def share_of(user: User, kind: str, key: str, *, follows: bool = False, **options: Any) -> Share:
    """Share the object that a kind finds by this key, with these options."""
    row: Any = KINDS[kind].find(user, key)
    assert row is not None
    share = Share(user=user, project=getattr(row, "project", None), kind=kind, source=key)
    share.title, share.follows = "For the client", follows
    share.frozen = None if follows else KINDS[kind].freeze(share)
    for name, value in options.items():
        setattr(share, name, value)
    share.save()
    items.keep_in_step(share, KINDS[kind].results(share) or [])
    return share


def read_page(share: Share, client: Client | None = None) -> str:
    """Return the share's page as a stranger sees it, with single spaces."""
    response = (client or Client()).get(share.get_absolute_url())
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def collect_answers(share: Share, client: Client | None = None) -> dict[str, bytes]:
    """Return headers and body of every answer that visitors can reach from the page, by address."""
    visitor = client or Client()
    contents: dict[str, bytes] = {}
    left = [share.get_absolute_url()]
    while left:
        address = left.pop()
        if address in contents:
            continue
        response = visitor.get(address)
        streamed = getattr(response, "streaming_content", None)
        body = b"".join(streamed) if streamed is not None else response.content
        headers = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
        contents[address] = headers.encode() + b"\n" + body
        if response.headers["Content-Type"].startswith("text/html"):
            left += _named_addresses(address, body.decode(), share)
    return contents


def _named_addresses(page: str, markup: str, share: Share) -> Iterator[str]:
    for named in _NAMED.findall(markup):
        for part in unescape(named).split(","):
            address = urldefrag(urljoin(page, part.strip().split(" ")[0])).url
            parts = urlsplit(address)
            path = f"{parts.path}?{parts.query}" if parts.query else parts.path
            if path.startswith(share.get_absolute_url()):
                yield path


def leaked_secrets(answered: dict[str, bytes], secrets: list[str]) -> list[str]:
    """Return each leaked secret, in any case of letters, with the address that leaked it."""
    return [
        f"{secret!r} by {address}"
        for address, content in answered.items()
        for secret in secrets
        if secret.casefold().encode() in content.lower()
    ]
