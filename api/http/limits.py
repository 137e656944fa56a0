"""Rate limits of the API per user, with headers (draft-ietf-httpapi-ratelimit-headers).

`accounts.limits.rate_limit` counts them like those of pages, for all web processes together.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from django.conf import settings

from accounts.limits.rate_limit import WRITE, Limit, buckets
from accounts.limits.throttle import format_wait
from api.http.problem import Problem

WINDOW_S = 60
LIMITS: Mapping[str, Limit] = {
    name: Limit(f"api-{name}", WRITE, burst, per_minute)
    for name, burst, per_minute in (
        ("read", 1200, 1200),
        ("write", 300, 300),
        ("run", 300, 300),
        ("file", 120, 120),
        ("poll", 6000, 6000),  # fal's Python client asks for a status ten times a second
    )
}


def take(name: str, person: int | None) -> dict[str, str]:
    """Count a request; returns headers with the remaining quota. Raises Problem (429)."""
    if not settings.RATE_LIMITS:
        return {}
    limit, client = LIMITS[name], f"person {person}"
    wait_s = buckets.take(limit, client)
    calls_left = buckets.left(limit, client)
    reset_s = max(wait_s, math.ceil((limit.burst - calls_left) * 60 / limit.per_minute))
    headers = {
        "RateLimit-Policy": f'"{name}";q={limit.burst};w={WINDOW_S}',
        "RateLimit": f'"{name}";r={calls_left};t={reset_s}',
    }
    if wait_s:
        detail = f"Too many requests in a short time. Wait {format_wait(wait_s)}, then try again."
        raise Problem(429, detail, headers={**headers, "Retry-After": str(wait_s)})
    return headers
