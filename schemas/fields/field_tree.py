"""Input schema → Field tree. Total: a part that cannot be understood becomes a JSON box."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from schemas.document.merging import Merger, alternatives, merge, says_kind
from schemas.document.openapi import Contract, Schema, as_dict, as_list
from schemas.exact import is_finite, is_too_deep
from schemas.fields import hints, media
from schemas.fields.field import MISSING, REST, Field, Kind, Option
from schemas.fields.unions import MAX_LABEL, choice, make_field, union
from schemas.wording import labels

MAX_NODES = 2000
MAX_DEPTH = 10
MAX_BRANCHES = 24
MAX_PLACES = 12  # of a tuple
_MAX_LEVELS = 2  # of a recursive schema; deeper levels are a JSON box
_MAX_EXAMPLES = 20
_OPEN_REST = replace(REST, is_open=True)
_UNKNOWN = replace(_OPEN_REST, label="Input", help="This model does not say what it takes.")

Trail = tuple[str, ...]


def build(contract: Contract) -> Field:
    """The form's root, always an object; undefined keys are kept as extras."""
    builder = _Builder(contract.document)
    flat, refs = builder.flatten(contract.input)
    if not as_dict(flat.get("properties")):
        # An input of alternatives (`anyOf` of objects, no properties of its own) becomes one form
        # with the keys of all.
        flat, refs = builder.merger.one_object(flat, refs)
    common = builder.common("", flat, flat) | {"is_required": True, "is_nullable": False}
    return builder.object(flat, refs, 0, common | {"default": MISSING})


class _Builder:
    """Builds one tree; limits its nodes and depth, so that any document terminates."""

    def __init__(self, document: Any) -> None:
        self.merger = Merger(document)
        self.flatten = self.merger.flatten
        self.left = MAX_NODES

    def field(
        self, name: str, schema: Any, trail: Trail, depth: int, is_required: bool = False
    ) -> Field:
        """The node for `schema`; `trail` holds the `$ref`s followed so far, to detect cycles."""
        flat, refs = self.flatten(schema)
        common = self.common(name, as_dict(schema), flat) | {"is_required": is_required}
        if _is_recursive(refs, trail) or depth > MAX_DEPTH:
            return Field(kind="json", **common)
        return self.shape(name, flat, (*trail, *refs), depth, common)

    def common(self, name: str, own: Schema, flat: Schema) -> dict[str, Any]:
        """The attributes of every kind of field: label, help, default, examples, hints."""
        title = own.get("title") if name else flat.get("title")
        short, more_text = labels.lead(labels.prose(flat.get("description")))
        return {
            "name": name,
            "label": labels.label(name, title)[:MAX_LABEL],
            "help": short,
            "more": more_text,
            "default": _default(flat),
            "examples": _examples(flat),
            "is_nullable": flat.get("nullable") is True or flat.get("default", MISSING) is None,
            **hints.flags(name, flat),
        }

    def shape(
        self, name: str, flat: Schema, trail: Trail, depth: int, common: dict[str, Any]
    ) -> Field:
        """Chooses the kind of field and builds it with its children."""
        if branches := _branches(self.merger.document, flat):
            return self.union(name, flat, branches, trail, depth, common)
        if "const" in flat:
            return choice([flat["const"]], common)
        if as_list(flat.get("enum")):
            return choice(flat["enum"], common)
        kind = flat["type"] if isinstance(flat.get("type"), str) else _infer_kind(name, flat)
        if kind == "object":
            return self.group(flat, trail, depth, common)
        if kind == "array":
            return self.array(name, flat, trail, depth, common)
        if kind == "boolean":
            return make_field("boolean", common, options=_YES_NO)
        if kind in {"integer", "number"}:
            numeric: Kind = "integer" if kind == "integer" else "number"
            is_seed = hints.is_seed(name, kind)
            return make_field(numeric, common, **hints.bounds(flat), is_seed=is_seed)
        if kind == "string":
            return _text(name, flat, common)
        if kind == "null":
            return make_field("json", common | {"is_nullable": True})
        return Field(kind="json", **common)

    def group(self, flat: Schema, trail: Trail, depth: int, common: dict[str, Any]) -> Field:
        """An object, or a map if only the values' schema is known."""
        if self.left > 0 and as_dict(flat.get("properties")):
            return self.object(flat, trail, depth, common)
        if self.left > 0 and (values := _values(flat)):
            return make_field("map", common, item=self.item(values, trail, depth))
        return Field(kind="json", **common)

    def object(self, flat: Schema, trail: Trail, depth: int, common: dict[str, Any]) -> Field:
        """An object; counts its properties in the budget before any deeper nodes."""
        properties = as_dict(flat.get("properties"))
        required = {key for key in as_list(flat.get("required")) if isinstance(key, str)}
        names = list(_ordered(properties, flat.get("x-fal-order-properties")))[: max(self.left, 0)]
        self.left -= len(names)
        children = []
        for name in names:
            child = self.field(name, properties[name], trail, depth + 1, name in required)
            # `ui.hidden` promises a default (protocol 4.3). A hidden field that is required without
            # one has to be shown, or the model refuses each run.
            if child.is_required and child.is_hidden:  # the model needs a value
                child = (
                    _hidden_default(child) if child.has_default else replace(child, is_hidden=False)
                )
                children.append(child)
            elif not child.is_hidden:
                children.append(child)
        rest_field = self.rest(flat, bool(children), trail, depth)
        built = make_field("object", common, children=tuple(children), rest=rest_field)
        if media.is_of_weights(common["name"]):
            built = media.accept_weights(built)
        kind = common["media"] or media.file_kind(common["name"], flat)
        return media.accept_files(built, kind, common) if kind else built

    def rest(self, flat: Schema, has_children: bool, trail: Trail, depth: int) -> Field | None:
        """The map of undefined keys; rows can be added if the schema allows such keys."""
        values = _values(flat)
        if values and self.left > 0 and depth < MAX_DEPTH:
            base = _OPEN_REST if has_children else replace(_UNKNOWN, help="")
            return replace(base, item=self.item(values, trail, depth))
        if not has_children:
            return _UNKNOWN
        return _OPEN_REST if flat.get("additionalProperties") is True else None

    def item(self, schema: Any, trail: Trail, depth: int) -> Field:
        """The field that a list or map repeats."""
        self.left -= 1
        return replace(self.field("", schema, trail, depth + 1), is_hidden=False)

    def array(
        self, name: str, flat: Schema, trail: Trail, depth: int, common: dict[str, Any]
    ) -> Field:
        """A list of equal items, a tuple, or a JSON box if the items are unknown."""
        items = flat.get("items")
        places = as_list(flat.get("prefixItems")) or as_list(items)
        if places and len(places) <= min(self.left, MAX_PLACES):
            return self.tuple(places, flat, trail, depth, common)
        if not isinstance(items, dict) or places or self.left <= 0:
            return Field(kind="json", **common)
        item = self.item(items, trail, depth)
        # In seedream/v4/edit only the list's name, `image_urls`, tells the kind of its items.
        if kind := common["media"] or media.media_of(name, {}, is_text=True):
            item = media.accept_files(item, kind, common)
        elif media.is_of_weights(name):
            item = media.accept_weights(item)
        elif item.kind == "object" and (kind := media.kind_in_prose(flat.get("description"))):
            item = media.accept_files(item, kind, common)
        return make_field(
            "list",
            common,
            item=item,
            media=item.media if item.is_file else "",
            label=labels.media_label(common["label"]) if item.is_file else common["label"],
            is_unique=flat.get("uniqueItems") is True,
            min_length=hints.count(flat.get("minItems")),
            max_length=hints.count(flat.get("maxItems")),
        )

    def tuple(
        self, places: list[Any], flat: Schema, trail: Trail, depth: int, common: dict[str, Any]
    ) -> Field:
        """A list with a schema per place."""
        self.left -= len(places)
        least = hints.count(flat.get("minItems")) or 0
        children = []
        for number, schema in enumerate(places):
            built = self.field("", schema, trail, depth + 1, is_required=number < least)
            title = labels.class_label(self.flatten(schema)[0].get("title"))
            label = title[:MAX_LABEL] or f"Item {number + 1}"
            children.append(replace(built, name=str(number), label=label, is_hidden=False))
        return make_field("tuple", common, children=tuple(children))

    def union(
        self,
        name: str,
        flat: Schema,
        branches: list[Any],
        trail: Trail,
        depth: int,
        common: dict[str, Any],
    ) -> Field:
        """A union: null makes it nullable, enums become options, equal kinds are merged."""
        siblings = {k: v for k, v in flat.items() if k not in {"anyOf", "oneOf", "type"}}
        flattened = [(branch, self.flatten(branch)) for branch in branches]
        common = common | {
            "is_nullable": common["is_nullable"] or any(_is_null(f) for _, (f, _) in flattened)
        }
        flattened = [(branch, pair) for branch, pair in flattened if not _is_null(pair[0])]
        if len(flattened) > min(MAX_BRANCHES, self.left) or not flattened:
            return Field(kind="json", **common)
        # `anyOf: [integer, null]`, as the seed of flux/dev and three of four unions, is an optional
        # value and not a union (protocol 4.3).
        if len(flattened) == 1:
            _, (inner, refs) = flattened[0]
            whole_schema = merge(inner, siblings)
            if _is_recursive(refs, trail):
                return Field(kind="json", **common)
            merged = self.common(name, siblings, whole_schema) | {
                "is_required": common["is_required"],
                "is_nullable": common["is_nullable"] or inner.get("nullable") is True,
            }
            return self.shape(name, whole_schema, (*trail, *refs), depth + 1, merged)
        self.left -= len(flattened)
        parts = [
            self.branch(name, _of_type(branch, inner, flat), trail, depth + 1)
            for branch, (inner, _) in flattened
        ]
        return union(parts, common)

    def branch(self, name: str, schema: Any, trail: Trail, depth: int) -> Field:
        """One alternative of a union, named after its title, else its discriminating tag."""
        flat, _ = self.flatten(schema)
        built = self.field(name, schema, trail, depth)
        own = labels.class_label(flat.get("title")) or _tag(built)
        return replace(built, name="", label=own[:MAX_LABEL], is_required=False, is_hidden=False)


_ANNOTATIONS = {"title", "description", "default", "examples", "example", "ui", "x-fal"}
_YES_NO = (Option("true", "Yes", True), Option("false", "No", False))


def _branches(document: Any, flat: Schema) -> list[Any]:
    """The alternatives of a union, which may also be given as a list of types."""
    branches = alternatives(document, flat, "anyOf") or alternatives(document, flat, "oneOf")
    kinds = flat.get("type")
    if branches or not isinstance(kinds, list):
        return branches
    plain = {k: v for k, v in flat.items() if k not in _ANNOTATIONS}
    return [plain | {"type": kind} for kind in kinds if isinstance(kind, str)]


def _of_type(branch: Any, inner: Schema, flat: Schema) -> Any:
    """The alternative; if it only constrains, with the `type` that stands beside all of them."""
    # `{type: string, anyOf: [{pattern}, {pattern}]}`: alternatives that only constrain.
    if says_kind(inner) or not isinstance(flat.get("type"), str) or not isinstance(branch, dict):
        return branch
    return {"type": flat["type"]} | branch


def _tag(field: Field) -> str:
    """The label of the first property that can have only one value."""
    only = (
        c.options[0].label for c in field.children if c.kind == "choice" and len(c.options) == 1
    )
    return next(only, "") if field.kind == "object" else ""


def _is_recursive(refs: Trail, trail: Trail) -> bool:
    return any(trail.count(ref) >= _MAX_LEVELS for ref in refs)


def _infer_kind(name: str, flat: Schema) -> str:
    """The kind of a schema without `type`, by its other keywords."""
    if isinstance(flat.get("properties"), dict) or _values(flat):
        return "object"
    if isinstance(flat.get("items"), dict) or as_list(flat.get("prefixItems")):
        return "array"
    if not {"pattern", "minLength", "maxLength", "format"}.isdisjoint(flat):
        return "string"
    if not {"minimum", "maximum", "multipleOf"}.isdisjoint(flat):
        return "number"
    return "string" if media.media_hint(flat) else ""


def _values(flat: Schema) -> Schema:
    """The schema of a map's values; empty if there is none."""
    # flux/dev declares its map `timings` by `additionalProperties`, other models by one pattern.
    patterns = as_dict(flat.get("patternProperties"))
    only = next(iter(patterns.values())) if len(patterns) == 1 else None
    return as_dict(flat.get("additionalProperties")) or as_dict(only)


def _is_null(flat: Schema) -> bool:
    return flat.get("type") == "null" or flat.get("enum") == [None] or flat.get("const", 0) is None


def _ordered(properties: Schema, order: Any) -> Iterable[str]:
    """The property names in `x-fal-order-properties` order, then the others (protocol 4.4)."""
    # The order may name properties that are not there and leave out some that are (protocol 4.3).
    listed_keys = [key for key in as_list(order) if isinstance(key, str) and key in properties]
    return dict.fromkeys([*listed_keys, *properties])


def _default(flat: Schema) -> Any:
    default = flat.get("default", MISSING)
    return MISSING if is_too_deep(default) or not is_finite(default) else default


def _examples(flat: Schema) -> tuple[Any, ...]:
    """`examples` of JSON Schema (a list) or OpenAPI (by name), else 3.0's single `example`."""
    examples = flat.get("examples")
    if isinstance(examples, dict):
        examples = [as_dict(example).get("value") for example in examples.values()]
    # recraft-v3 gives a list of examples, OpenAPI 3 allows them by name, 3.0 a single `example`.
    samples = as_list(examples)[:_MAX_EXAMPLES] or ([flat["example"]] if "example" in flat else [])
    usable = (example for example in samples if not is_too_deep(example) and is_finite(example))
    return tuple(
        example
        for example in usable
        if not isinstance(example, str) or labels.clean(example) == example
    )


def _text(name: str, flat: Schema, common: dict[str, Any]) -> Field:
    kind = common["media"] or media.media_of(name, flat, is_text=True)
    is_mask = common["is_mask"] and kind == "image"
    pattern = flat.get("pattern")
    return make_field(
        "string",
        common,
        media=kind,
        label=labels.media_label(common["label"], is_mask=is_mask) if kind else common["label"],
        is_mask=is_mask,
        is_long=not kind and hints.is_long(name, flat),
        min_length=hints.count(flat.get("minLength")),
        max_length=hints.count(flat.get("maxLength")),
        pattern=pattern if isinstance(pattern, str) else "",
    )


def _hidden_default(field: Field) -> Field:
    """A hidden field: only its name and the default that the model requires."""
    return Field(
        kind="json",
        name=field.name,
        label=field.label,
        default=field.default,
        is_required=True,
        is_hidden=True,
    )
