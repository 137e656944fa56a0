"""Groups families of models into one card."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from catalog.models import Endpoint


class Family(NamedTuple):
    """The model whose card represents a family, and its other members in the same list."""

    lead: Endpoint
    others: Sequence[Endpoint]


def fold(
    endpoints: Sequence[Endpoint], *, apart: int = 0, is_ordered: bool = False
) -> list[Family]:
    """Group a list of models by family, each at the position of its first member.

    The first `apart` models stay alone, so that exact matches are visible. In an ordered list only
    neighbours are grouped, which keeps the order.
    """
    families: list[tuple[Endpoint, list[Endpoint]]] = [(one, []) for one in endpoints[:apart]]
    places: dict[tuple[str, str], int] = {}
    for endpoint in endpoints[apart:]:
        key = family_of(endpoint)
        place = places.get(key)
        if place is None or (is_ordered and place != len(families) - 1):
            places[key] = len(families)
            families.append((endpoint, []))
        else:
            families[place][1].append(endpoint)
    return [Family(*family) for family in families]


def family_of(endpoint: Endpoint) -> tuple[str, str]:
    """Return upstream's group; for a model without one, its application and name."""
    if endpoint.group_key:
        return endpoint.owner, endpoint.group_key
    return "/".join(endpoint.endpoint_id.split("/")[:2]), endpoint.display_name.casefold()
