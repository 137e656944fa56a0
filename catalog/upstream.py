"""Creates the clients for fal from the settings; the only place that passes the keys on."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings

import fal

if TYPE_CHECKING:
    import httpx


def addresses() -> fal.Addresses:
    """Upstream's base URLs, and the hosts that files may be fetched from."""
    return _addresses(
        settings.FAL_API_URL,
        settings.FAL_QUEUE_URL,
        settings.FAL_RUN_URL,
        settings.FAL_WS_URL,
        settings.FAL_REST_URL,
        tuple(settings.FAL_MEDIA_URLS),
    )


_addresses = lru_cache(8)(fal.Addresses)  # derived values are computed once


def clients(
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    on_outcome: Callable[[str, fal.FalError | None], None] | None = None,
    on_slow: Callable[[str], None] | None = None,
    on_timed: Callable[[str, fal.FalError | None, float], None] | None = None,
    limits: fal.Limits | None = None,
) -> fal.Clients:
    """All clients on one set of connections; belongs to one event loop, close with `async with`."""
    return fal.Clients(
        addresses(),
        settings.FAL_KEY,
        admin_key=settings.FAL_ADMIN_KEY,
        transport=transport,
        on_outcome=on_outcome,
        on_slow=on_slow,
        on_timed=on_timed,
        limits=limits or fal.Limits(),
    )
