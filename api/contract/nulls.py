"""Treats `null` for an optional member of a request's body as missing: many programs send it.

This applies to members that take no null otherwise, also in nested objects of the API; never to
values that belong to a model, such as `arguments`, whose members no schema here names.
"""

from __future__ import annotations

from typing import Any

from api.contract.components import COMPONENTS
from api.contract.shapes import Schema, nullable


def with_nulls(schema: Schema) -> Schema:
    """Return a component for the document: its optional members may be null."""
    optional = _optional(schema)
    members = schema.get("properties", {}).items()
    properties = {
        name: nullable(member) if name in optional else member for name, member in members
    }
    return schema | {"properties": properties} if optional else schema


def without_nulls(schema: Schema, value: Any) -> Any:
    """Return a body, or a part of one, without the nulls that mean a missing member."""
    if "$ref" in schema:
        return without_nulls(COMPONENTS[schema["$ref"].rpartition("/")[2]], value)
    if isinstance(value, list) and "items" in schema:
        return [without_nulls(schema["items"], item) for item in value]
    if not isinstance(value, dict) or "properties" not in schema:
        return value  # such as a model's arguments, however deep
    optional, members = _optional(schema), schema["properties"]
    return {
        name: without_nulls(members.get(name, {}), item)
        for name, item in value.items()
        if item is not None or name not in optional
    }


def _optional(schema: Schema) -> set[str]:
    """Return the optional members of a request's object (`shapes.request`) that take no null."""
    if schema.get("additionalProperties") is not False:
        return set()
    members = schema["properties"].items()
    typed_members = {name for name, member in members if isinstance(member.get("type"), str)}
    return typed_members - {*schema["required"]}
