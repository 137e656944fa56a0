"""Where passkeys work: browsers bind each to a host name and offer it only there (WebAuthn)."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest

LOCAL = "localhost"


def host_of(request: HttpRequest) -> str:
    """Return the name of the host that the request asks for, without its port."""
    return urlsplit(f"//{request.get_host()}").hostname or ""


def relying_party_id(host: str, public_url: str) -> str:
    """Return the host name that passkeys are bound to.

    This is the host of PUBLIC_URL for that host and its subdomains, else `host` itself (localhost).
    """
    public = urlsplit(public_url).hostname or ""
    is_public = public and (host == public or host.endswith(f".{public}"))
    return public if is_public else host


def obstacle(request: HttpRequest) -> str:
    """Return a sentence that says why passkeys do not work at this address; empty if they do."""
    host = host_of(request)
    is_local = host == LOCAL or host.endswith(f".{LOCAL}")
    if _is_ip_address(host):
        if ipaddress.ip_address(host).is_loopback:
            port = urlsplit(f"//{request.get_host()}").port
            place = f"{LOCAL}:{port}" if port else LOCAL
            return f"Passkeys need a host name: open http://{place} and log in there."
        public_address = settings.PUBLIC_URL or "the host name of this server"
        return f"Passkeys need a host name, not the number {host}: open {public_address}."
    if not is_local and not request.is_secure():
        return "Passkeys need HTTPS, but this page was loaded without it."
    return ""


def _is_ip_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
