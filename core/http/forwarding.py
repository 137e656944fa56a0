"""Sends a request to another process of this installation and streams its response."""

from __future__ import annotations

import logging
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

CONNECT_S = 10.0  # a process that is started on demand takes seconds to answer


class NotForwarded(Exception):
    """The process could not be reached, so it cannot have received the request."""


class ResponseBroken(Exception):
    """The response was cut off. An ASGI app that raises it also closes its client's connection."""


def is_not_broken_response(record: logging.LogRecord) -> bool:
    """Log filter: drops records of responses that the other process cut off."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, ResponseBroken)


@asynccontextmanager
async def post(url: str) -> AsyncGenerator[httpx.Response]:
    """Send a POST without a body; yield the response, whose body is to be read by `aiter_raw`.

    Raises NotForwarded without a connection, then ResponseBroken, also while the body is read.
    Leaving the block closes the connection, which tells the other process to stop sending.
    """
    import httpx  # a web process needs it only for streams

    timeout = httpx.Timeout(None, connect=CONNECT_S)  # a model may be silent for long
    try:
        # The environment's proxy is for the internet, not for this installation.
        async with (
            httpx.AsyncClient(timeout=timeout, verify=_certificates(), trust_env=False) as client,
            client.stream("POST", url) as response,
        ):
            yield response
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise NotForwarded(str(error) or "It does not answer.") from error
    except httpx.TransportError as error:
        raise ResponseBroken(str(error) or "The connection was closed.") from error


@cache
def _certificates() -> ssl.SSLContext:
    """Return the SSL context; loading it takes longer than a request."""
    import httpx

    return httpx.create_ssl_context()
