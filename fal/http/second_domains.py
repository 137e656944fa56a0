"""The second addresses of two of fal's hosts, used when the first one cannot be reached.

A request goes there once, and only if no connection to the first was made: a request whose answer
was lost may have arrived (protocol, section 21).
"""

from __future__ import annotations

import httpx

from fal.addresses import SECOND_HOSTS


async def send(client: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
    """Send a request, to its host's second address if no connection to the first can be made.

    If both fail to connect, raise httpx's error for the first.
    """
    try:
        return await client.send(request, stream=True)
    except (httpx.ConnectError, httpx.ConnectTimeout) as first:
        second = _at_second(request)
        if second is None:
            raise
        try:
            return await client.send(second, stream=True)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            raise first from None


def _at_second(request: httpx.Request) -> httpx.Request | None:
    """Return the same request to the host's second address; None if it has none."""
    url = request.url
    host = SECOND_HOSTS.get(url.host)
    if host is None or url.scheme != "https" or url.port is not None:
        return None
    headers = httpx.Headers(request.headers)
    headers["Host"] = host
    return httpx.Request(
        request.method,
        url.copy_with(host=host),
        headers=headers,
        stream=request.stream,
        extensions=request.extensions,
    )
