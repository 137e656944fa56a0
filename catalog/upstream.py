"""The clients that talk to fal, made from the settings; the one place that hands the key over."""

from __future__ import annotations

from collections.abc import Callable

import httpx
from django.conf import settings

import fal


def addresses() -> fal.Addresses:
    """Where upstream's hosts are, and which may hand us files."""
    return fal.Addresses(
        api=settings.FAL_API_URL,
        queue=settings.FAL_QUEUE_URL,
        run=settings.FAL_RUN_URL,
        ws=settings.FAL_WS_URL,
        rest=settings.FAL_REST_URL,
        media=tuple(settings.FAL_MEDIA_URLS),
    )


def clients(
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    heard: Callable[[str, fal.FalError | None], None] | None = None,
    late: Callable[[str], None] | None = None,
) -> fal.Clients:
    """All clients on one set of connections; belongs to one event loop, close with `async with`."""
    return fal.Clients(addresses(), settings.FAL_KEY, transport=transport, heard=heard, late=late)
