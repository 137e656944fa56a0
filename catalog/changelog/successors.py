"""Finds the successor of a deprecated or removed model.

The newest version of the same name, else the newest model of its family.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from catalog.models import Endpoint, Standing

_VERSION = re.compile(r"(?<![0-9])v?(\d+(?:[.-]\d+)*)(?![0-9])")
_READ = (
    "endpoint_id",
    "display_name",
    "owner",
    "category",
    "group_key",
    "published_at",
)


def successors_of(endpoints: Iterable[Endpoint]) -> dict[int, Endpoint]:
    """Map the primary key of each endpoint with a successor to it, in two queries."""
    keys = [endpoint.pk for endpoint in endpoints]
    rows = list(Endpoint.objects.filter(pk__in=keys).only(*_READ)) if keys else []
    if not rows:
        return {}
    usable = (
        Endpoint.objects.listed()
        .filter(status="active", category__in={row.category for row in rows})
        .exclude(pk__in=keys)
        .exclude(standing=Standing.BLOCKED)
        .only(*_READ)
        .order_by("-published_at", "position")
    )
    candidates = list(usable)
    found = {row.pk: _successor(row, candidates) for row in rows}
    return {key: endpoint for key, endpoint in found.items() if endpoint}


def _successor(row: Endpoint, candidates: list[Endpoint]) -> Endpoint | None:
    name, version = _named(row.endpoint_id)
    alike = [one for one in candidates if one.category == row.category]
    newer = [
        (numbers, one)
        for one in alike
        if (numbers := _named(one.endpoint_id)[1]) > version and _named(one.endpoint_id)[0] == name
    ]
    if newer:
        return max(newer, key=lambda pair: pair[0])[1]
    family = (one for one in alike if row.group_key and one.group_key == row.group_key)
    return next(family, None)


def _named(endpoint_id: str) -> tuple[str, tuple[int, ...]]:
    """`fal-ai/kling-video/v2.1/pro` → `fal-ai/kling-video/#/pro` and (2, 1)."""
    numbers = tuple(
        int(number[:9])
        for found in _VERSION.findall(endpoint_id)
        for number in re.split(r"[.-]", found)
    )
    return _VERSION.sub("#", endpoint_id), numbers
