"""Finds keys of arguments that a schema does not name, such as `sede` for `seed`.

Most schemas forbid no key, so upstream takes a misspelt one, ignores it and charges the run.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from typing import Any

from schemas.document.openapi import Contract, Json, Schema, as_dict, as_list, resolve
from schemas.form.decode import Path, Problem

_MAX_PROBLEMS = 20
_MAX_NAMED = 8
_MAX_PARTS = 400  # schemas that describe one value, its alternatives included
_MAX_DEPTH = 12
_PARTS = ("allOf", "anyOf", "oneOf")
_CONDITIONAL = ("then", "else")
_OPENINGS = ("additionalProperties", "unevaluatedProperties", "patternProperties")


def unknown_keys(contract: Contract, arguments: Any) -> list[Problem]:
    """The keys that the schema does not name, each with the nearest name in the schema.

    An object takes any key if one alternative of its schema is open, by `additionalProperties` or
    because it names no keys.
    """
    problems = _unknown(contract.document, [contract.input], arguments, ())
    return [problem for _, problem in zip(range(_MAX_PROBLEMS), problems, strict=False)]


def complaint(name: str, known_names: Iterable[str]) -> str:
    """A sentence about an unknown key, without its full stop."""
    known_names = list(known_names)
    if close := nearest(name, known_names):
        return f"Unknown field `{name[:60]}`: did you mean `{close}`?"
    ellipsis = ", …" if len(known_names) > _MAX_NAMED else ""
    return (
        f"Unknown field `{name[:60]}`. The known fields are "
        f"{', '.join(known_names[:_MAX_NAMED])}{ellipsis}"
    )


def nearest(name: str, known_names: Iterable[str]) -> str:
    """The known name that is most like an unknown one; empty if none is."""
    return next(iter(difflib.get_close_matches(name[:60], list(known_names), 1, 0.5)), "")


def _unknown(document: Json, schemas: list[Json], value: Any, path: Path) -> Iterator[Problem]:
    if len(path) > _MAX_DEPTH or not isinstance(value, dict | list):
        return
    parts = _parts_of(document, schemas)
    if isinstance(value, list):
        items = [schema for part in parts for schema in _items(part)]
        for place, item in enumerate(value):
            yield from _unknown(document, items, item, (*path, place))
        return
    property_maps = [as_dict(part.get("properties")) for part in parts]
    known_names = {name: None for properties in property_maps for name in properties}
    for name, inner in value.items():
        if name in known_names:
            below = [properties[name] for properties in property_maps if name in properties]
            yield from _unknown(document, below, inner, (*path, name))
        elif known_names and not any(_is_open(part) for part in parts):
            yield Problem((*path, name), complaint(str(name), known_names))


def _parts_of(document: Json, schemas: list[Json]) -> list[Schema]:
    """Every schema that may describe the value: references followed, alternatives included."""
    parts: list[Schema] = []
    waiting = list(schemas)
    while waiting and len(parts) < _MAX_PARTS:
        part, _ = resolve(document, waiting.pop())
        parts.append(part)
        for key in _PARTS:
            waiting += as_list(part.get(key))
        waiting += [part[key] for key in _CONDITIONAL if key in part]
        waiting += as_dict(part.get("dependentSchemas")).values()
    return parts


def _items(part: Schema) -> list[Json]:
    items = part.get("items")
    return [*(items if isinstance(items, list) else [items]), *as_list(part.get("prefixItems"))]


def _is_open(part: Schema) -> bool:
    """Whether a schema allows other keys: by a keyword, or as an object that names no key."""
    if any(part.get(key) for key in _OPENINGS):
        return True
    is_object = part.get("type") == "object"
    is_plain = not any(key in part for key in ("properties", "$ref", *_PARTS))
    return is_object and is_plain and part.get("additionalProperties") is not False
