"""Template tags of flows."""

from __future__ import annotations

from collections.abc import Mapping

from django import template

from catalog.models import Endpoint
from catalog.related.use_index import Taker

register = template.Library()


@register.filter
def card_of(cards: Mapping[int, Endpoint], taker: Taker) -> Endpoint | None:
    """Return the endpoint of a taker, for its card."""
    return cards.get(taker.key)
