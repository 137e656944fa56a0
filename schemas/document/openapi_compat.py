"""Converts a document's schemas to JSON Schema 2020-12, which the jsonschema library reads.

Converts OpenAPI 3.0's `nullable` and boolean `exclusiveMinimum`, older drafts' `items: […]` and
`dependencies`, and `$ref` (siblings apply; a dangling or circular one allows everything). Drops
malformed keywords, since the model may accept what they seem to forbid.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from schemas.document.merging import alternatives
from schemas.document.openapi import Schema, as_dict, as_list, point
from schemas.numbers import is_number

Check = Callable[[Any], bool]
_MAX_DEPTH = 60
_TYPES = {"string", "integer", "number", "boolean", "array", "object", "null"}


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_type(value: Any) -> bool:
    kinds = value if isinstance(value, list) and value else [value]
    return all(isinstance(kind, str) and kind in _TYPES for kind in kinds)


def _is_pattern(value: Any) -> bool:
    import regex  # with the first pattern, as `bounded_validator`

    try:
        return isinstance(value, str) and len(value) < 1000 and bool(regex.compile(value))
    except (regex.error, RecursionError, OverflowError):
        return False


def _is_fast_pattern(value: str) -> bool:
    """Whether a key pattern is certainly fast: short and without a repeated group."""
    try:
        return len(value) < 100 and not re.search(r"\)[*+{]", value) and bool(re.compile(value))
    except (re.error, RecursionError, OverflowError):
        return False


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(key, str) for key in value)


_PLAIN: dict[str, Check] = {
    "type": _is_type,
    "enum": lambda value: isinstance(value, list) and bool(value),
    "const": lambda value: True,
    "minimum": is_number,
    "maximum": is_number,
    "exclusiveMinimum": is_number,
    "exclusiveMaximum": is_number,
    "multipleOf": lambda value: is_number(value) and value > 0,
    "minLength": _is_count,
    "maxLength": _is_count,
    "minItems": _is_count,
    "maxItems": _is_count,
    "minContains": _is_count,
    "maxContains": _is_count,
    "minProperties": _is_count,
    "maxProperties": _is_count,
    "uniqueItems": lambda value: isinstance(value, bool),
    "pattern": _is_pattern,
    "required": _is_names,
    "dependentRequired": lambda value: (
        isinstance(value, dict) and all(map(_is_names, value.values()))
    ),
}
_SUBSCHEMA = {
    "items",
    "additionalProperties",
    "not",
    "propertyNames",
    "contains",
    "if",
    "then",
    "else",
    "unevaluatedProperties",
    "unevaluatedItems",
}
_SUBSCHEMA_LISTS = {"anyOf", "oneOf", "allOf", "prefixItems"}
_SUBSCHEMA_MAPS = {"properties", "patternProperties", "dependentSchemas"}


def to_2020_12(schema: Any, document: Any, base: str) -> tuple[Any, dict[str, Any]]:
    """The converted schema, and the document that its `$ref`s (which begin with `base`) use."""
    converter = _Converter(document, base)
    converted = converter.schema(schema, 0)
    parts: dict[str, Any] = {}
    while len(parts) < len(converter.targets):
        parts[str(len(parts))] = converter.schema(converter.targets[len(parts)], 0)
    return converted, {"parts": parts}


class _Converter:
    """Converts a schema and, once each, the targets of its references."""

    def __init__(self, document: Any, base: str) -> None:
        self.document, self.base = document, base
        self.targets: list[Any] = []
        self.numbers: dict[str, int] = {}

    def schema(self, schema: Any, depth: int) -> Any:
        """One schema in the 2020-12 dialect."""
        if schema is False:
            return {"not": {}}  # jsonschema loses the error path of a plain False
        if not isinstance(schema, dict) or depth > _MAX_DEPTH:
            return {}
        schema = _modernized(schema)
        result = {
            key: schema[key] for key, fits in _PLAIN.items() if key in schema and fits(schema[key])
        }
        for key in _SUBSCHEMA & schema.keys():
            if isinstance(inner := schema[key], dict | bool):
                result[key] = self.schema(inner, depth + 1) if isinstance(inner, dict) else inner
        for key in _SUBSCHEMA_LISTS & schema.keys():
            if isinstance(schema[key], list) and schema[key]:
                parts = alternatives(self.document, schema, key)
                result[key] = [self.schema(inner, depth + 1) for inner in parts]
        for key in _SUBSCHEMA_MAPS & schema.keys():
            if isinstance(schema[key], dict):
                members = schema[key].items()
                result[key] = {name: self.schema(inner, depth + 1) for name, inner in members}
        _exclusive_limits(schema, result)
        _drop_slow_patterns(result)
        if isinstance(ref := schema.get("$ref"), str):
            result |= self.reference(ref)
        return _with_null(result) if schema.get("nullable") is True else result

    def reference(self, ref: str) -> dict[str, Any]:
        """A `$ref` to the converted target; a dangling or circular one allows everything."""
        target, trail = point(self.document, ref), {ref}
        while isinstance(target, dict) and isinstance(target.get("$ref"), str):
            if target["$ref"] in trail:
                return {}
            trail.add(target["$ref"])
            target = point(self.document, target["$ref"])
        if not isinstance(target, dict):
            return {}
        if ref not in self.numbers:
            self.numbers[ref] = len(self.targets)
            self.targets.append(point(self.document, ref))
        return {"$ref": f"{self.base}#/parts/{self.numbers[ref]}"}


def _modernized(schema: Schema) -> Schema:
    """The schema with older drafts' tuples and dependencies renamed to 2020-12 keywords."""
    if isinstance(schema.get("items"), list):
        further_items = {"items": schema["additionalItems"]} if "additionalItems" in schema else {}
        schema = (
            {k: v for k, v in schema.items() if k != "items"}
            | further_items
            | {"prefixItems": schema["items"]}
        )
    if isinstance(needs := schema.get("dependencies"), dict):
        schema = {
            "dependentRequired": {k: v for k, v in needs.items() if isinstance(v, list)},
            "dependentSchemas": {k: v for k, v in needs.items() if isinstance(v, dict | bool)},
        } | schema
    return schema


def _exclusive_limits(schema: Schema, result: dict[str, Any]) -> None:
    """Converts OpenAPI 3.0's `exclusiveMinimum: true` beside `minimum`."""
    for side in ("Minimum", "Maximum"):
        if schema.get(f"exclusive{side}") is True and side.lower() in result:
            result[f"exclusive{side}"] = result.pop(side.lower())


def _drop_slow_patterns(result: dict[str, Any]) -> None:
    """Drop slow key patterns, because jsonschema matches keys without a time limit.

    Also drops the keywords that depend on them, so that any key is allowed.
    """
    patterns = as_dict(result.get("patternProperties"))
    if not all(map(_is_fast_pattern, patterns)):
        for key in ("patternProperties", "additionalProperties", "unevaluatedProperties"):
            result.pop(key, None)


def _with_null(schema: dict[str, Any]) -> dict[str, Any]:
    if isinstance(kinds := schema.get("type"), str | list) and "$ref" not in schema:
        schema["type"] = [*([kinds] if isinstance(kinds, str) else kinds), "null"]
        if "enum" in schema and None not in as_list(schema["enum"]):
            schema["enum"] = [*schema["enum"], None]
        if not {"const", "anyOf", "oneOf", "allOf", "not", "if"} & schema.keys():
            return schema
    return {"anyOf": [schema, {"type": "null"}]}
