"""The clients that talk to fal, made from the settings; the one place that hands the key over."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import httpx
from django.conf import settings

import fal


def addresses() -> fal.Addresses:
    """Where upstream's hosts are, and which may hand us files."""
    return _addresses(
        settings.FAL_API_URL,
        settings.FAL_QUEUE_URL,
        settings.FAL_RUN_URL,
        settings.FAL_WS_URL,
        settings.FAL_REST_URL,
        tuple(settings.FAL_MEDIA_URLS),
    )


_addresses = lru_cache(8)(fal.Addresses)  # what it works out once serves every request


def clients(
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    heard: Callable[[str, fal.FalError | None], None] | None = None,
    late: Callable[[str], None] | None = None,
) -> fal.Clients:
    """All clients on one set of connections; belongs to one event loop, close with `async with`."""
    return fal.Clients(addresses(), settings.FAL_KEY, transport=transport, heard=heard, late=late)
