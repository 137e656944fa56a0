"""A document's schemas as JSON Schema 2020-12, which the validating library reads.

The differences bridged: OpenAPI 3.0's `nullable` and boolean `exclusiveMinimum`, older drafts'
`items: […]` and `dependencies`, `$ref` (its siblings count, and a dangling or circular one allows
everything). A keyword that is not well-formed is left out: it is the model's business, and no
reason to refuse what it may well accept.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import regex

from schemas.openapi import Schema, as_dict, as_list, point

Check = Callable[[Any], bool]
_MAX_DEPTH = 60
_TYPES = {"string", "integer", "number", "boolean", "array", "object", "null"}


def is_number(value: Any) -> bool:
    """Whether a value is a JSON number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_type(value: Any) -> bool:
    kinds = value if isinstance(value, list) and value else [value]
    return all(isinstance(kind, str) and kind in _TYPES for kind in kinds)


def _is_pattern(value: Any) -> bool:
    try:
        return isinstance(value, str) and len(value) < 1000 and bool(regex.compile(value))
    except (regex.error, RecursionError, OverflowError):
        return False


def _is_quick(value: str) -> bool:
    """Whether a pattern for keys is surely fast: short, and without a repeated group."""
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
_ONE = {
    "items", "additionalProperties", "not", "propertyNames", "contains", "if", "then", "else",
    "unevaluatedProperties", "unevaluatedItems",
}  # fmt: skip
_MANY = {"anyOf", "oneOf", "allOf", "prefixItems"}
_NAMED = {"properties", "patternProperties", "dependentSchemas"}


def bridged(schema: Any, document: Any, base: str) -> tuple[Any, dict[str, Any]]:
    """A schema, and the document of parts that its references (which begin with `base`) point into."""
    bridge = _Bridge(document, base)
    whole = bridge.schema(schema, 0)
    parts: dict[str, Any] = {}
    while len(parts) < len(bridge.targets):
        parts[str(len(parts))] = bridge.schema(bridge.targets[len(parts)], 0)
    return whole, {"parts": parts}


class _Bridge:
    """Bridges what a schema reaches; each target of a reference once."""

    def __init__(self, document: Any, base: str) -> None:
        self.document, self.base = document, base
        self.targets: list[Any] = []
        self.numbers: dict[str, int] = {}

    def schema(self, schema: Any, depth: int) -> Any:
        """One schema in the 2020-12 dialect."""
        if schema is False:
            return {"not": {}}  # the library forgets where a plain False stands
        if not isinstance(schema, dict) or depth > _MAX_DEPTH:
            return {}
        schema = _of_today(schema)
        result = {
            key: schema[key] for key, fits in _PLAIN.items() if key in schema and fits(schema[key])
        }
        for key in _ONE & schema.keys():
            if isinstance(inner := schema[key], dict | bool):
                result[key] = self.schema(inner, depth + 1) if isinstance(inner, dict) else inner
        for key in _MANY & schema.keys():
            if isinstance(schema[key], list) and schema[key]:
                result[key] = [self.schema(inner, depth + 1) for inner in schema[key]]
        for key in _NAMED & schema.keys():
            if isinstance(schema[key], dict):
                named = schema[key].items()
                result[key] = {name: self.schema(inner, depth + 1) for name, inner in named}
        _open_limits(schema, result)
        _without_slow_patterns(result)
        if isinstance(ref := schema.get("$ref"), str):
            result |= self.reference(ref)
        return _with_null(result) if schema.get("nullable") is True else result

    def reference(self, ref: str) -> dict[str, Any]:
        """A reference to the target's part; a bad or circular one allows everything."""
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


def _of_today(schema: Schema) -> Schema:
    """Older drafts' tuples and dependencies by their names of today."""
    if isinstance(schema.get("items"), list):
        rest = {"items": schema["additionalItems"]} if "additionalItems" in schema else {}
        schema = {k: v for k, v in schema.items() if k != "items"} | rest | {"prefixItems": schema["items"]}  # fmt: skip
    if isinstance(needs := schema.get("dependencies"), dict):
        schema = {
            "dependentRequired": {k: v for k, v in needs.items() if isinstance(v, list)},
            "dependentSchemas": {k: v for k, v in needs.items() if isinstance(v, dict | bool)},
        } | schema
    return schema


def _open_limits(schema: Schema, result: dict[str, Any]) -> None:
    """3.0 says `exclusiveMinimum: true` beside `minimum`."""
    for side in ("Minimum", "Maximum"):
        if schema.get(f"exclusive{side}") is True and side.lower() in result:
            result[f"exclusive{side}"] = result.pop(side.lower())


def _without_slow_patterns(result: dict[str, Any]) -> None:
    """The library matches keys without a limit of time; beside what we leave out, any key is allowed."""
    patterns = as_dict(result.get("patternProperties"))
    if not all(map(_is_quick, patterns)):
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
