"""The addresses of fal's hosts, which of them receive the key, and where files may come from."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the web process checks addresses, and loads no HTTP client
    import httpx

# Second hosts, which take the same paths and the same key (protocol, section 21).
SECOND_HOSTS = {"fal.run": "falrun.com", "queue.fal.run": "queue.falrun.com"}
_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
# An address that all parsers read alike: an ASCII host name or IP address, no user name. It decides
# what a page loads and what we download, because browsers and httpx may parse others differently.
_WEB_ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{0,5}))?"
    r"(?:[/?#][^\x00-\x1f\x7f]*)?",
    re.IGNORECASE | re.ASCII,
)
Origin = tuple[str, str, int | None]
OriginMatcher = Callable[[Origin], bool]


@dataclass(frozen=True)
class Addresses:
    """One base URL for each of fal's hosts; a base may include a path.

    `media` lists the origins that files may be downloaded from; `https://*.fal.media` allows every
    subdomain of fal.media, but not fal.media itself. A missing port means the scheme's default.
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
        """Whether `url` has the origin of a configured host and so receives the key (C16)."""
        import httpx

        url = httpx.URL(url)
        return not url.userinfo and origin(url) in self._key_origins

    @cached_property
    def _key_origins(self) -> frozenset[Origin]:
        """Cached: every request needs it, and each origin costs one URL parse."""
        bases = (self.api, self.queue, self.run, self.ws, self.rest)
        origins = {origin(base) for base in bases}
        seconds = {
            (scheme, SECOND_HOSTS[host], port)
            for scheme, host, port in origins
            if host in SECOND_HOSTS and (scheme, port) == ("https", 443)
        }
        return frozenset(origins | seconds)

    def is_media(self, url: str) -> bool:
        """Whether a file may be downloaded from `url`: `media` lists its origin or a wildcard."""
        web_origin = _web_origin(url)
        return web_origin is not None and any(covers(web_origin) for covers in self._media_matchers)

    @cached_property
    def _media_matchers(self) -> tuple[OriginMatcher, ...]:
        """Cached: checked for every image on a page."""
        return tuple(_origin_matcher(pattern) for pattern in self.media)


def origin(url: str | httpx.URL) -> Origin:
    """Scheme, host and port of `url`, the default port filled in; raises httpx.InvalidURL."""
    import httpx

    url = httpx.URL(url)
    try:
        return url.scheme, url.host, url.port or _PORTS.get(url.scheme)
    except UnicodeError as error:  # such as the invalid punycode `xn--a`
        raise httpx.InvalidURL(str(error)) from error


def _web_origin(url: str) -> Origin | None:
    """The origin of an `http` or `https` address; None if parsers might read it differently."""
    parts = _WEB_ADDRESS.fullmatch(url)
    if parts is None:
        return None
    scheme = parts["scheme"].lower()
    return scheme, parts["host"].lower(), int(parts["port"] or 0) or _PORTS[scheme]


def _origin_matcher(pattern: str) -> OriginMatcher:
    """A function that says whether an origin matches `pattern`."""
    scheme, _, rest = pattern.partition("://")
    allowed = _web_origin(f"{scheme}://{rest.removeprefix('*.')}")
    if allowed and rest.startswith("*."):
        # A wildcard never allows plain http; only a full origin (a sandbox) may use it.
        return lambda candidate: (
            scheme == "https"
            and (candidate[0], candidate[2]) == (allowed[0], allowed[2])
            and candidate[1].endswith(f".{allowed[1]}")
        )
    return lambda candidate: candidate == allowed
