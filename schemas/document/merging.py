"""Merges `$ref`, `allOf` and conditional subschemas into one schema per value.

A form is drawn from what a schema *describes*. Parts that only constrain values (`{"required":
[…]}`, `not`, `if`, a const on a property that is described elsewhere) are left to validation.
"""

from __future__ import annotations

from schemas.document.openapi import Json, Schema, as_dict, as_list, point, resolve
from schemas.exact import identical, is_too_deep

MAX_PARTS = 3000  # per document; limits exponentially many references
_MAX_TRAIL = 24
_LEVEL = ""  # marks one level of nested parts in a trail
_DESCRIBING = {
    "type",
    "enum",
    "const",
    "properties",
    "items",
    "prefixItems",
    "additionalProperties",
    "anyOf",
    "oneOf",
    "allOf",
}
_CONDITIONS = {"if", "then", "else", "dependentSchemas", "anyOf", "oneOf"}


class Merger:
    """Flattens the schemas of one document, at most MAX_PARTS of them."""

    def __init__(self, document: Json) -> None:
        self.document = document
        self.left = MAX_PARTS

    def flatten(self, schema: Json, trail: tuple[str, ...] = ()) -> tuple[Schema, tuple[str, ...]]:
        """The schema with its references merged in (the outer schema wins), and the references.

        `trail` holds the references that were already followed.
        """
        flat, refs = resolve(self.document, schema)
        self.left -= 1
        if self.left < 0 or len(trail) > _MAX_TRAIL:
            return flat, refs
        if parts := as_list(flat.get("allOf")):
            flat, refs = self._all_of(flat, parts, refs, trail)
        if not _CONDITIONS.isdisjoint(flat):
            flat, refs = self._without_conditions(flat, refs, trail)
        return flat, refs

    def one_object(self, flat: Schema, refs: tuple[str, ...]) -> tuple[Schema, tuple[str, ...]]:
        """Merge the alternatives of an input, all objects, into one object with all their keys."""
        return self._with_alternatives(flat, refs, ())

    def _all_of(
        self, flat: Schema, parts: list[Json], refs: tuple[str, ...], trail: tuple[str, ...]
    ) -> tuple[Schema, tuple[str, ...]]:
        merged: Schema = {}
        for inner, more_refs in self._parts(parts, (*trail, *refs)):
            merged = merge(merged, inner)
            refs = (*refs, *more_refs)
        return merge(merged, {k: v for k, v in flat.items() if k != "allOf"}), refs

    def _parts(
        self, parts: list[Json], trail: tuple[str, ...]
    ) -> list[tuple[Schema, tuple[str, ...]]]:
        """Each part flattened; skips parts that refer back to the trail."""
        flattened = []
        for part in parts:
            if self.left < 0:
                break
            _, ahead = resolve(self.document, part)
            # Trees of nodes refer to themselves (`children: [$ref Node]`).
            if not set(ahead) & set(trail):
                flattened.append(self.flatten(part, (*trail, *ahead, _LEVEL)))
        return flattened

    def _without_conditions(
        self, flat: Schema, refs: tuple[str, ...], trail: tuple[str, ...]
    ) -> tuple[Schema, tuple[str, ...]]:
        if as_dict(flat.get("properties")):
            return self._with_alternatives(flat, refs, trail)
        base = {k: v for k, v in flat.items() if k not in _CONDITIONS}
        for key in ("anyOf", "oneOf"):
            branches = as_list(flat.get(key))
            if not branches or not says_kind(base):
                continue
            inner = [branch for branch, _ in self._parts(branches, (*trail, *refs))]
            if not any(map(says_kind, inner)):
                return base, refs
        return flat, refs

    def _with_alternatives(
        self, flat: Schema, refs: tuple[str, ...], trail: tuple[str, ...]
    ) -> tuple[Schema, tuple[str, ...]]:
        """An object with the properties of its alternatives; requires what all of them require."""
        own = as_dict(flat.get("properties"))
        required = as_list(flat.get("required"))
        added: dict[str, list[Json]] = {}
        merged = {k: v for k, v in flat.items() if k not in _CONDITIONS}
        for is_choice, parts in _conditional_groups(self.document, flat):
            objects = []
            for inner, more_refs in self._parts(parts, (*trail, *refs)):
                # `anyOf: [{required: [a]}, {required: [b]}]` beside properties only constrains:
                # nothing to add.
                if inner.get("type", "object") in ("object", ["object", "null"]):
                    objects.append(inner)
                    refs = (*refs, *more_refs)
            for inner in objects:
                merged = {k: v for k, v in inner.items() if k not in _CONDITIONS} | merged
                for name, schema in as_dict(inner.get("properties")).items():
                    if name not in own and not any(_same(schema, s) for s in added.get(name, ())):
                        added.setdefault(name, []).append(schema)
            if is_choice and objects:
                required = [
                    *required,
                    *_common([as_list(part.get("required")) for part in objects]),
                ]
        properties = own | {name: _either(schemas) for name, schemas in added.items()}
        return merged | {"properties": properties, "required": required}, refs


def merge(below: Schema, above: Schema) -> Schema:
    """Merges two schemas that both apply: unites properties and required, else `above` wins."""
    merged = below | above
    # kling/v2.1's `video` is `allOf: [$ref File]` with a title beside it. `allOf` always has one
    # part and siblings (protocol 4.3).
    for key in ("properties", "x-fal-order-properties", "required"):
        if key in below and key in above:
            if isinstance(below[key], dict) and isinstance(above[key], dict):
                merged[key] = below[key] | above[key]
                for name in below[key].keys() & above[key].keys():
                    if not _same(below[key][name], above[key][name]):
                        merged[key][name] = _both(below[key][name], above[key][name])
            elif isinstance(below[key], list) and isinstance(above[key], list):
                merged[key] = [*below[key], *above[key]]
    return merged


def says_kind(flat: Schema) -> bool:
    """Whether a schema describes a value and does not only constrain it."""
    return not _DESCRIBING.isdisjoint(flat)


def alternatives(document: Json, schema: Schema, key: str) -> list[Json]:
    """The `anyOf` or `oneOf` of a schema; a discriminator's mapping becomes the tags' own enum.

    OpenAPI lets the mapping alone say which tag belongs to an alternative. Without it in the
    alternative, nobody could choose one without typing the tag, and `oneOf` would match several.
    """
    discriminator = as_dict(schema.get("discriminator"))
    name = discriminator.get("propertyName")
    tags: dict[str, list[str]] = {}
    for tag, target in as_dict(discriminator.get("mapping")).items():
        if isinstance(target, str):
            ref = target if "#" in target else f"#/components/schemas/{target}"
            tags.setdefault(ref, []).append(tag)
    return [
        _with_tags(document, branch, name, tags) if tags and isinstance(name, str) else branch
        for branch in as_list(schema.get(key))
    ]


def _with_tags(document: Json, branch: Json, name: str, tags: dict[str, list[str]]) -> Json:
    """An alternative that requires its tag, unless it says itself which values the tag has."""
    ref = as_dict(branch).get("$ref")
    if not isinstance(ref, str) or ref not in tags:
        return branch
    own = as_dict(as_dict(as_dict(point(document, ref)).get("properties")).get(name))
    if not {"const", "enum", "$ref", "allOf"}.isdisjoint(own):
        return branch
    return {"allOf": [branch, {"properties": {name: {"enum": tags[ref]}}, "required": [name]}]}


def _conditional_groups(document: Json, flat: Schema) -> list[tuple[bool, list[Json]]]:
    """The groups of conditional parts, and whether one part of the group must apply."""
    dependent = as_dict(flat.get("dependentSchemas"))
    conditional = [flat[key] for key in ("then", "else") if key in flat]
    groups = [(True, alternatives(document, flat, key)) for key in ("anyOf", "oneOf")]
    return [*groups, (False, [*conditional, *dependent.values()])]


def _common(lists: list[list[Json]]) -> list[Json]:
    return [name for name in lists[0] if all(name in other for other in lists[1:])]


def _both(below: Json, above: Json) -> Schema:
    """A property that two parts describe; keeps a title that a `$ref` would hide."""
    titles = [schema["title"] for schema in (above, below) if "title" in as_dict(schema)]
    return {"allOf": [below, above]} | ({"title": titles[0]} if titles else {})


def _same(a: Json, b: Json) -> bool:
    return a is b or (not is_too_deep(a) and identical(a, b))


def _either(schemas: list[Json]) -> Json:
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
