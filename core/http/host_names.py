"""Names of hosts as browsers send them."""

from __future__ import annotations


def ascii_host(host: str) -> str:
    """Return a host name in ASCII (münchen → xn--mnchen-3ya).

    Raises ValueError for a name that no host can have.
    """
    if host.isascii():
        return host
    import httpx  # hardly ever needed, and 5 MB

    try:
        return httpx.URL(scheme="https", host=host).raw_host.decode()
    except httpx.InvalidURL as error:
        raise ValueError(str(error)) from error
