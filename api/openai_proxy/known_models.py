"""The models listed for OpenAI's clients: endpoints that take text, and names of fal's router.

Upstream has no list of the router's names (fal-protocol.md, section 16.5); listed are those that a
schema in the catalogue offers as values or examples of a field `model`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from catalog.models import Endpoint
from chats.display import choices
from chats.talk.shape import MODEL, shape_of
from fal.transports.completions import is_completions

ROUTERS = ("openrouter/", "fal-ai/any-llm")


def listed() -> list[dict[str, Any]]:
    """Return the models without duplicates."""
    found: dict[str, dict[str, Any]] = {}
    for endpoint in choices.models():
        for name, owner in _names(endpoint):
            created = int(endpoint.first_seen_at.timestamp())
            one = {"id": name, "object": "model", "created": created, "owned_by": owner}
            found.setdefault(name, one)
    return list(found.values())


def _names(endpoint: Endpoint) -> Iterator[tuple[str, str]]:
    """Yield an endpoint's own id, and the names that a router's field `model` offers."""
    name = endpoint.endpoint_id
    if is_completions(name):
        return
    yield name, name.partition("/")[0]
    shape = shape_of(endpoint) if name.startswith(ROUTERS) else None
    children = shape.rest.children if shape else ()
    field = next((child for child in children if child.name == MODEL.name), None)
    values = [*(option.value for option in field.options), *field.examples] if field else []
    for value in values:
        if isinstance(value, str) and "/" in value:
            yield value, value.partition("/")[0]
