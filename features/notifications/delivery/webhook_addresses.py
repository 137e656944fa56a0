"""Restricts our webhooks to public addresses by https, and to configured private origins.

Users type these addresses, and the worker that calls them is behind the firewall. The text is
checked when it is submitted, the resolved IP address when the connection is made.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from fal.addresses import Origin, origin

if TYPE_CHECKING:
    import httpx

MAX_CHARS = 2000
# Ranges that lead to other addresses: 6to4, which contains an IPv4 address, and its former relays.
_TRANSLATED = [
    ipaddress.ip_network(text) for text in ("2002::/16", "192.88.99.0/24", "192.0.0.0/24")
]


class RefusedAddress(ValueError):
    """The address is not allowed; the message says why."""


def check(address: str, private_origins: Collection[str] = ()) -> httpx.URL:
    """Return the parsed address; raises RefusedAddress. No network access."""
    import httpx  # the parser that the connection uses; the web process needs it only here

    if not address.isprintable() or " " in address or len(address) > MAX_CHARS:
        raise RefusedAddress(
            f"Write one address of at most {MAX_CHARS} characters, without spaces."
        )
    try:
        url = httpx.URL(address)
        url_origin = origin(url)
    except httpx.InvalidURL as error:
        raise RefusedAddress(
            "This is not a web address, such as https://example.com/hook."
        ) from error
    if url.scheme not in {"http", "https"} or not url.host:
        raise RefusedAddress("This is not a web address, such as https://example.com/hook.")
    if url.userinfo:
        raise RefusedAddress("Leave the user name and password out of the address.")
    if is_private_origin(url_origin, private_origins):
        return url
    if url.scheme != "https":
        raise RefusedAddress("The address must begin with https://.")
    _require_public_name(url.host)
    return url


def _require_public_name(host: str) -> None:
    """Reject certainly non-public hosts; other names have to be resolved first."""
    try:
        require_public([host.split("%")[0]])
    except ValueError as error:
        if isinstance(error, RefusedAddress):
            raise
        if host.rstrip(".").rpartition(".")[0] == "" or host.rstrip(".").endswith(".localhost"):
            raise RefusedAddress(NOT_PUBLIC) from error


def require_public(addresses: Iterable[str]) -> None:
    """Raise RefusedAddress unless each IP address is a public one, ValueError for other text."""
    if not all(is_public(resolved) for resolved in addresses):
        raise RefusedAddress(NOT_PUBLIC)


def is_public(address: str) -> bool:
    """Whether an IP address is on the public internet; raises ValueError for other text."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        ip = ip.ipv4_mapped or ip
    if isinstance(ip, ipaddress.IPv6Address) and ip.is_site_local:
        return False
    is_plain = ip.is_global and not ip.is_multicast and not ip.is_reserved
    return is_plain and not any(
        ip in network for network in _TRANSLATED if network.version == ip.version
    )


def is_private_origin(url_origin: Origin, private_origins: Collection[str]) -> bool:
    """Whether the settings allow this origin although it is not public."""
    return any(origin(private) == url_origin for private in private_origins)


NOT_PUBLIC = (
    "This address is not on the public internet. Webhooks go there only if an admin names it in "
    "WEBHOOK_PRIVATE_ORIGINS."
)
