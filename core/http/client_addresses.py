"""The IP address of a request's client."""

from __future__ import annotations

import ipaddress
import re

from django.conf import settings
from django.http import HttpRequest

# Some proxies add the port: 203.0.113.7:51234, [2001:db8::1]:443.
_WITH_PORT = re.compile(r"\[([^\[\]]*)\](?::\d{1,5})?|([\d.]+):\d{1,5}")
IPV6_PREFIX = 64  # bits; providers assign a network of this size to one customer


def client_address(request: HttpRequest) -> str:
    """Return the client's IP address; an empty string if unknown.

    `X-Forwarded-For` is trusted only if `PUBLIC_URL` is set, which means that Vitrine runs behind a
    proxy, and only its last entry, which that proxy added.
    """
    text = str(request.META.get("REMOTE_ADDR", ""))
    if settings.PUBLIC_URL:
        last = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        if with_port := _WITH_PORT.fullmatch(last):
            last = with_port[1] or with_port[2]
        text = last if _parse(last) else text
    address = _parse(text)
    return str(address) if address else ""


def network(address: str) -> str:
    """Return the client that limits count: an IPv4 address, or an IPv6 network of 64 bits."""
    parsed = _parse(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, IPV6_PREFIX), strict=False))
    return str(parsed) if parsed else ""


def _parse(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Parse an address; an IPv4 address mapped into IPv6 becomes the IPv4 address."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
