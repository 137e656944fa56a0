"""Where fal's hosts are, and which addresses may have the key or hand us a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cached_property

import httpx

_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
Origin = tuple[str, str, int | None]
Covers = Callable[[Origin], bool]


@dataclass(frozen=True)
class Addresses:
    """One base address for each of fal's hosts; a base may have a path of its own.

    `media` lists the origins that files may come from; `https://*.fal.media` allows any
    host below fal.media, but not fal.media itself; `http://127.0.0.1:*` any port of one host.
    """

    api: str = "https://api.fal.ai/v1"
    queue: str = "https://queue.fal.run"
    run: str = "https://fal.run"
    ws: str = "wss://ws.fal.run"
    rest: str = "https://rest.fal.ai"
    media: tuple[str, ...] = (
        "https://fal.media",
        "https://*.fal.media",
        "https://storage.googleapis.com",
    )

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, str):
                object.__setattr__(self, field.name, value.rstrip("/"))

    def may_have_key(self, url: str | httpx.URL) -> bool:
        """Whether `url` is on a host configured here, compared as a parsed origin (C16)."""
        url = httpx.URL(url)
        return not url.userinfo and origin(url) in self._own

    @cached_property
    def _own(self) -> frozenset[Origin]:
        """Asked at every request, and each origin costs as much as parsing an address."""
        bases = (self.api, self.queue, self.run, self.ws, self.rest)
        return frozenset(origin(base) for base in bases)

    def is_media(self, url: str | httpx.URL) -> bool:
        """Whether a file may be fetched from `url`: its very origin, or its wildcard, is in `media`."""
        try:
            url = httpx.URL(url)
            found = origin(url)
        except httpx.InvalidURL:
            return False
        if url.userinfo or url.scheme not in {"http", "https"}:
            return False
        return any(covers(found) for covers in self._media)

    @cached_property
    def _media(self) -> tuple[Covers, ...]:
        """Asked for every picture that a page shows."""
        return tuple(_covering(pattern) for pattern in self.media)


def origin(url: str | httpx.URL) -> Origin:
    """Scheme, host and port of `url`, with the port spelt out; raises httpx.InvalidURL."""
    url = httpx.URL(url)
    try:
        return url.scheme, url.host, url.port or _PORTS.get(url.scheme)
    except UnicodeError as error:  # `xn--a`: no name stands behind it
        raise httpx.InvalidURL(str(error)) from error


def _covering(pattern: str) -> Covers:
    """Whether an origin is one that `pattern` allows."""
    scheme, _, rest = pattern.partition("://")
    if rest.startswith("*."):
        allowed = origin(f"{scheme}://{rest[2:]}")
        # Plain http is for addresses that are named in full (a sandbox), never for a whole domain.
        return lambda found: (
            scheme == "https"
            and (found[0], found[2]) == (allowed[0], allowed[2])
            and found[1].endswith(f".{allowed[1]}")
        )
    if rest.endswith(":*"):  # any port of one host: a stand-in on this machine
        return lambda found: (scheme, rest[:-2]) == found[:2]
    named = origin(pattern)
    return lambda found: named == found
