"""Transfers settings from one model to another."""

from __future__ import annotations

from typing import Any

from catalog.models import Endpoint
from chats.talk.shape import shape_of
from schemas.carry import carry


def settings(arguments: dict[str, Any], source: Endpoint, target: Endpoint) -> dict[str, Any]:
    """Return a turn's settings that another model accepts, such as pictures and temperature."""
    before, after = shape_of(source), shape_of(target)
    if before is None or after is None:
        return {}
    carried = carry(arguments, before.version, after.version).arguments
    field_names = {child.name for child in after.rest.children}
    return {name: value for name, value in carried.items() if name in field_names}
