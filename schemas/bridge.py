"""OpenAPI 3.0's schemas as JSON Schema 2020-12, which the validating library reads.

The differences bridged: `nullable`, the boolean `exclusiveMinimum`, `$ref` (its siblings count,
and a dangling or circular one allows everything). A keyword that is not well-formed is left out:
it is the model's business, and no reason to refuse what it may well accept.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from schemas.openapi import Schema, as_dict, point

Check = Callable[[Any], bool]
_MAX_DEPTH = 60
_TYPES = {"string", "integer", "number", "boolean", "array", "object", "null"}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_type(value: Any) -> bool:
    kinds = value if isinstance(value, list) and value else [value]
    return all(isinstance(kind, str) and kind in _TYPES for kind in kinds)


def _is_pattern(value: Any) -> bool:
    try:
        return isinstance(value, str) and len(value) < 1000 and bool(re.compile(value))
    except (re.error, RecursionError, OverflowError):
        return False


_PLAIN: dict[str, Check] = {
    "type": _is_type,
    "enum": lambda value: isinstance(value, list) and bool(value),
    "const": lambda value: True,
    "minimum": _is_number,
    "maximum": _is_number,
    "exclusiveMinimum": _is_number,
    "exclusiveMaximum": _is_number,
    "multipleOf": lambda value: _is_number(value) and value > 0,
    "minLength": _is_count,
    "maxLength": _is_count,
    "minItems": _is_count,
    "maxItems": _is_count,
    "minProperties": _is_count,
    "maxProperties": _is_count,
    "uniqueItems": lambda value: isinstance(value, bool),
    "pattern": _is_pattern,
    "required": lambda value: (
        isinstance(value, list) and all(isinstance(key, str) for key in value)
    ),
}
_ONE = {"items", "additionalProperties", "not", "propertyNames", "contains"}
_MANY = {"anyOf", "oneOf", "allOf", "prefixItems"}
_NAMED = {"properties", "patternProperties"}


def bridged_document(document: Any) -> dict[str, Any]:
    """The document's component schemas, bridged, where local references find them."""
    components = as_dict(as_dict(as_dict(document).get("components")).get("schemas"))
    return {
        "components": {
            "schemas": {name: bridged(schema, document) for name, schema in components.items()}
        }
    }


def bridged(schema: Any, document: Any, base: str = "", depth: int = 0) -> Any:
    """One schema in the 2020-12 dialect; references into the document begin with `base`."""
    if isinstance(schema, bool):
        return schema
    if not isinstance(schema, dict) or depth > _MAX_DEPTH:
        return {}
    below: Callable[[Any], Any] = lambda inner: bridged(inner, document, base, depth + 1)  # noqa: E731
    result = {
        key: schema[key] for key, fits in _PLAIN.items() if key in schema and fits(schema[key])
    }
    for key in _ONE & schema.keys():
        if isinstance(schema[key], dict | bool):
            result[key] = below(schema[key])
    for key in _MANY & schema.keys():
        if isinstance(schema[key], list) and schema[key]:
            result[key] = [below(inner) for inner in schema[key]]
    for key in _NAMED & schema.keys():
        if isinstance(schema[key], dict):
            result[key] = {
                name: below(inner)
                for name, inner in schema[key].items()
                if key != "patternProperties" or _is_pattern(name)
            }
    _open_limits(schema, result)
    if isinstance(ref := schema.get("$ref"), str):
        result |= _reference(ref, document, base, depth)
    return _with_null(result) if schema.get("nullable") is True else result


def _open_limits(schema: Schema, result: dict[str, Any]) -> None:
    """3.0 says `exclusiveMinimum: true` beside `minimum`."""
    for side in ("Minimum", "Maximum"):
        if schema.get(f"exclusive{side}") is True and side.lower() in result:
            result[f"exclusive{side}"] = result.pop(side.lower())


def _reference(ref: str, document: Any, base: str, depth: int) -> dict[str, Any]:
    """A reference to a component stays one; any other is put in its place; a bad one allows everything."""
    target, trail = point(document, ref), {ref}
    while isinstance(target, dict) and isinstance(target.get("$ref"), str):
        if target["$ref"] in trail:
            return {}
        trail.add(target["$ref"])
        target = point(document, target["$ref"])
    if not isinstance(target, dict):
        return {}
    if ref.startswith("#/components/schemas/") and ref.count("/") == 3:
        return {"$ref": base + ref}
    return {"allOf": [bridged(target, document, base, depth + 8)]}


def _with_null(schema: dict[str, Any]) -> dict[str, Any]:
    if isinstance(kinds := schema.get("type"), str | list):
        schema["type"] = [*([kinds] if isinstance(kinds, str) else kinds), "null"]
        if "enum" in schema and None not in schema["enum"]:
            schema["enum"] = [*schema["enum"], None]
        return schema
    return {"anyOf": [schema, {"type": "null"}]}
