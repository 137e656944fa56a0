"""Posts to user-supplied addresses: vetted on connecting, no redirects, no response body read."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Collection, Mapping
from functools import cache
from http import HTTPStatus

import httpx

from fal.addresses import origin
from features.notifications.delivery import webhook_addresses
from features.notifications.delivery.messages import Outcome

TIMEOUT_S = 15.0  # in total: name, connection, response (protocol, section 10.1)
MAX_RETRY_AFTER_S = 3600.0
_LATER = frozenset({408, 425, 429})

Resolve = Callable[[str, int], Awaitable[list[str]]]


@cache
def _certificates() -> ssl.SSLContext:
    """Return the SSL context, loaded from disk once; `SSL_CERT_FILE` may add in-house CAs."""
    return httpx.create_ssl_context()


async def resolve(host: str, port: int) -> list[str]:
    """Return the IP addresses of a host name; raises OSError."""
    addresses = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[4][0]) for address in addresses))


class VettedTransport(httpx.AsyncBaseTransport):
    """Connects only to public IP addresses and to explicitly allowed private origins.

    The name is resolved once, and the connection made to that very address, which prevents DNS
    rebinding. TLS still verifies the name.
    """

    def __init__(
        self,
        private_origins: Collection[str],
        *,
        inner: httpx.AsyncBaseTransport | None = None,
        resolve: Resolve = resolve,
    ) -> None:
        self._private_origins = private_origins
        self._inner = inner or httpx.AsyncHTTPTransport(verify=_certificates())
        self._resolve = resolve

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; raises RefusedAddress or httpx.TransportError."""
        url = webhook_addresses.check(str(request.url), self._private_origins)
        if webhook_addresses.is_private_origin(origin(url), self._private_origins):
            return await self._inner.handle_async_request(request)
        try:
            addresses = await self._resolve(url.host, url.port or 443)
        except OSError as error:
            raise httpx.ConnectError(f"{url.host} was not found") from error
        webhook_addresses.require_public(addresses)
        request.extensions["sni_hostname"] = url.host
        return await self._connect(request, url, addresses)

    async def _connect(
        self, request: httpx.Request, url: httpx.URL, addresses: list[str]
    ) -> httpx.Response:
        """Try each address until one accepts the connection."""
        error: Exception = httpx.ConnectError(f"{url.host} was not found")
        for address in addresses:
            request.url = url.copy_with(host=address)
            try:
                return await self._inner.handle_async_request(request)
            except (httpx.ConnectError, httpx.ConnectTimeout) as failure:
                error = failure
        raise error

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()


async def post(
    address: str,
    body: bytes,
    headers: Mapping[str, str],
    transport: httpx.AsyncBaseTransport,
    timeout_s: float = TIMEOUT_S,
) -> Outcome:
    """Post JSON once; every failure is returned as an outcome."""
    sent_headers = {"Content-Type": "application/json", "User-Agent": "vitrine", **headers}
    client = httpx.AsyncClient(transport=transport, timeout=timeout_s, follow_redirects=False)
    try:
        async with (
            asyncio.timeout(timeout_s),
            client.stream("POST", address, content=body, headers=sent_headers) as response,
        ):
            return outcome_of(response)
    except webhook_addresses.RefusedAddress as error:
        return Outcome(error=str(error), is_permanent=True)
    except (TimeoutError, httpx.TimeoutException):
        return Outcome(error=f"There was no answer within {timeout_s:g} seconds.")
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        return Outcome(error=_describe_error(error))


def outcome_of(response: httpx.Response) -> Outcome:
    """Interpret a status: 2xx accepts; a redirect or 410 is permanent; all others are retried."""
    status = response.status_code
    if response.is_success:
        return Outcome(status)
    if 300 <= status < 400:
        message = (
            f"It answered {status}, a redirect. Those are not followed; write the new address."
        )
        return Outcome(status, message, is_permanent=True)
    if status == HTTPStatus.GONE:
        return Outcome(
            status, "It answered 410: it no longer accepts these messages.", is_permanent=True
        )
    wait = response.headers.get("retry-after", "")
    is_asked = status in _LATER or status == HTTPStatus.SERVICE_UNAVAILABLE
    wait_s = float(wait) if wait.isdecimal() and len(wait) < 9 and is_asked else 0.0
    return Outcome(status, f"It answered {status}.", retry_after_s=min(wait_s, MAX_RETRY_AFTER_S))


def _describe_error(error: Exception) -> str:
    """Describe a failed connection, without the address, whose path may be a secret."""
    text = str(error)
    if "CERTIFICATE_VERIFY_FAILED" in text or "certificate verify failed" in text:
        return "Its TLS certificate is not valid."
    if "was not found" in text:
        return "Its host name was not found."
    if isinstance(error, httpx.ConnectError):
        return "The connection could not be opened."
    return f"The connection broke ({type(error).__name__})."
