"""The settings that one model takes over from another."""

from __future__ import annotations

from typing import Any

from catalog.models import Endpoint
from chats.talk.shape import shape_of
from schemas.carry import carry


def settings(arguments: dict[str, Any], source: Endpoint, target: Endpoint) -> dict[str, Any]:
    """Return what another model takes over of a turn's settings: pictures, temperature."""
    before, after = shape_of(source), shape_of(target)
    if before is None or after is None:
        return {}
    found = carry(arguments, before.version, after.version).arguments
    mine = {child.name for child in after.rest.children}
    return {name: value for name, value in found.items() if name in mine}
