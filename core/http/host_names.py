"""Names of hosts as browsers send them."""

from __future__ import annotations

import idna


def ascii_host(host: str) -> str:
    """Return a host name in ASCII (münchen → xn--mnchen-3ya).

    Raises idna.IDNAError, a ValueError, for one that no host can have.
    """
    return host if host.isascii() else idna.encode(host, uts46=True).decode()
