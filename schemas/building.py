"""Input schema → Field tree. Total: what cannot be understood becomes a JSON box for that field alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from schemas import hints, media, words
from schemas.exact import is_deep, is_finite
from schemas.fields import MISSING, REST, Field, Kind, Option
from schemas.merging import Merger, merge, says_kind
from schemas.openapi import Contract, Schema, as_dict, as_list
from schemas.unions import MAX_LABEL, choice, settled, union

MAX_NODES = 2000
MAX_DEPTH = 10
MAX_BRANCHES = 24
MAX_PLACES = 12  # of a tuple
_MAX_LEVELS = 2  # of a schema that contains itself; a JSON box beyond
_MAX_EXAMPLES = 20
_OPEN_REST = replace(REST, is_open=True)
_UNKNOWN = replace(_OPEN_REST, label="Input", help="This model does not say what it takes.")

Trail = tuple[str, ...]


def build(contract: Contract) -> Field:
    """The form's root: always an object; values it has no place for are kept as extras."""
    builder = _Builder(contract.document)
    flat, refs = builder.flatten(contract.input)
    if not as_dict(flat.get("properties")):
        flat, refs = builder.merger.one_object(flat, refs)
    common = builder.common("", flat, flat) | {"is_required": True, "is_nullable": False}
    return builder.object(flat, refs, 0, common | {"default": MISSING})


class _Builder:
    """Builds one tree within a budget of nodes and depth, so that no document can exhaust us."""

    def __init__(self, document: Any) -> None:
        self.merger = Merger(document)
        self.flatten = self.merger.flatten
        self.left = MAX_NODES

    def field(
        self, name: str, schema: Any, trail: Trail, depth: int, is_required: bool = False
    ) -> Field:
        """The node for `schema`; `trail` holds the references that lead here, against circles."""
        flat, refs = self.flatten(schema)
        common = self.common(name, as_dict(schema), flat) | {"is_required": is_required}
        if _is_endless(refs, trail) or depth > MAX_DEPTH:
            return Field(kind="json", **common)
        return self.shape(name, flat, (*trail, *refs), depth, common)

    def common(self, name: str, own: Schema, flat: Schema) -> dict[str, Any]:
        """What every kind of field carries: words, default, examples, hints."""
        title = own.get("title") if name else flat.get("title")
        short, more = words.lead(words.prose(flat.get("description")))
        return {
            "name": name,
            "label": words.label(name, title)[:MAX_LABEL],
            "help": short,
            "more": more,
            "default": _default(flat),
            "examples": _examples(flat),
            "is_nullable": flat.get("nullable") is True or flat.get("default", MISSING) is None,
            **hints.flags(name, flat),
        }

    def shape(
        self, name: str, flat: Schema, trail: Trail, depth: int, common: dict[str, Any]
    ) -> Field:
        """Choose the kind and build what is below."""
        if branches := _branches(flat):
            return self.union(name, flat, branches, trail, depth, common)
        if "const" in flat:
            return choice([flat["const"]], common)
        if as_list(flat.get("enum")):
            return choice(flat["enum"], common)
        kind = flat["type"] if isinstance(flat.get("type"), str) else _guess(name, flat)
        if kind == "object":
            return self.group(flat, trail, depth, common)
        if kind == "array":
            return self.array(name, flat, trail, depth, common)
        if kind == "boolean":
            return settled("boolean", common, options=_YES_NO)
        if kind in {"integer", "number"}:
            numeric: Kind = "integer" if kind == "integer" else "number"
            is_seed = hints.is_seed(name, kind)
            return settled(numeric, common, **hints.bounds(flat), is_seed=is_seed)
        if kind == "string":
            return _text(name, flat, common)
        if kind == "null":
            return settled("json", common | {"is_nullable": True})
        return Field(kind="json", **common)

    def group(self, flat: Schema, trail: Trail, depth: int, common: dict[str, Any]) -> Field:
        """An object, or a map where only the values' schema is known."""
        if self.left > 0 and as_dict(flat.get("properties")):
            return self.object(flat, trail, depth, common)
        if self.left > 0 and (values := _values(flat)):
            return settled("map", common, item=self.item(values, trail, depth))
        return Field(kind="json", **common)

    def object(self, flat: Schema, trail: Trail, depth: int, common: dict[str, Any]) -> Field:
        """Properties in display order; each has its node before any has nodes below it."""
        properties = as_dict(flat.get("properties"))
        required = {key for key in as_list(flat.get("required")) if isinstance(key, str)}
        names = list(_ordered(properties, flat.get("x-fal-order-properties")))[: max(self.left, 0)]
        self.left -= len(names)
        children = []
        for name in names:
            child = self.field(name, properties[name], trail, depth + 1, name in required)
            if child.is_required and child.is_hidden:  # without it nothing can run
                child = _kept(child) if child.has_default else replace(child, is_hidden=False)
                children.append(child)
            elif not child.is_hidden:
                children.append(child)
        rest = self.rest(flat, bool(children), trail, depth)
        built = settled("object", common, children=tuple(children), rest=rest)
        kind = common["media"] or media.file_kind(common["name"], flat)
        return media.taking(built, kind, common) if kind else built

    def rest(self, flat: Schema, has_children: bool, trail: Trail, depth: int) -> Field | None:
        """Where further keys go: rows to add where the schema invites them, else only what is there."""
        values = _values(flat)
        if values and self.left > 0 and depth < MAX_DEPTH:
            base = _OPEN_REST if has_children else replace(_UNKNOWN, help="")
            return replace(base, item=self.item(values, trail, depth))
        if not has_children:
            return _UNKNOWN
        return _OPEN_REST if flat.get("additionalProperties") is True else None

    def item(self, schema: Any, trail: Trail, depth: int) -> Field:
        """What a list or map repeats."""
        self.left -= 1
        return replace(self.field("", schema, trail, depth + 1), is_hidden=False)

    def array(
        self, name: str, flat: Schema, trail: Trail, depth: int, common: dict[str, Any]
    ) -> Field:
        """Rows of one kind of item, or places with a schema each; a list of nothing known is a JSON box."""
        items = flat.get("items")
        places = as_list(flat.get("prefixItems")) or as_list(items)
        if places and len(places) <= min(self.left, MAX_PLACES):
            return self.tuple(places, flat, trail, depth, common)
        if not isinstance(items, dict) or places or self.left <= 0:
            return Field(kind="json", **common)
        item = self.item(items, trail, depth)
        if kind := common["media"] or media.media_of(name, {}, is_text=True):
            item = media.taking(item, kind, common)
        is_media = item.kind == "string" and bool(item.media)
        return settled(
            "list",
            common,
            item=item,
            media=item.media if is_media else "",
            label=words.media_label(common["label"]) if is_media else common["label"],
            is_unique=flat.get("uniqueItems") is True,
            min_length=hints.count(flat.get("minItems")),
            max_length=hints.count(flat.get("maxItems")),
        )

    def tuple(
        self, places: list[Any], flat: Schema, trail: Trail, depth: int, common: dict[str, Any]
    ) -> Field:
        """A list whose every place has a schema, and so a row, of its own."""
        self.left -= len(places)
        least = hints.count(flat.get("minItems")) or 0
        children = []
        for number, schema in enumerate(places):
            built = self.field("", schema, trail, depth + 1, is_required=number < least)
            title = words.class_label(self.flatten(schema)[0].get("title"))
            label = title[:MAX_LABEL] or f"Item {number + 1}"
            children.append(replace(built, name=str(number), label=label, is_hidden=False))
        return settled("tuple", common, children=tuple(children))

    def union(
        self,
        name: str,
        flat: Schema,
        branches: list[Any],
        trail: Trail,
        depth: int,
        common: dict[str, Any],
    ) -> Field:
        """Null makes it nullable, enums become plain options, like kinds merge; the rest branches."""
        siblings = {k: v for k, v in flat.items() if k not in {"anyOf", "oneOf", "type"}}
        known = [(branch, self.flatten(branch)) for branch in branches]
        common = common | {
            "is_nullable": common["is_nullable"] or any(_is_null(f) for _, (f, _) in known)
        }
        known = [(branch, pair) for branch, pair in known if not _is_null(pair[0])]
        if len(known) > min(MAX_BRANCHES, self.left) or not known:
            return Field(kind="json", **common)
        if len(known) == 1:
            _, (inner, refs) = known[0]
            whole = merge(inner, siblings)
            if _is_endless(refs, trail):
                return Field(kind="json", **common)
            merged = self.common(name, siblings, whole) | {
                "is_required": common["is_required"],
                "is_nullable": common["is_nullable"] or inner.get("nullable") is True,
            }
            return self.shape(name, whole, (*trail, *refs), depth + 1, merged)
        self.left -= len(known)
        tags = _tags(flat)
        parts = [
            self.branch(name, _of_type(branch, inner, flat), tags, trail, depth + 1)
            for branch, (inner, _) in known
        ]
        return union(parts, common)

    def branch(
        self, name: str, schema: Any, tags: dict[str, str], trail: Trail, depth: int
    ) -> Field:
        """One alternative of a union, named after its own title, else the tag that tells it apart."""
        flat, _ = self.flatten(schema)
        built = self.field(name, schema, trail, depth)
        ref = as_dict(schema).get("$ref")
        tag = tags.get(ref, "") if isinstance(ref, str) else ""
        own = words.class_label(flat.get("title")) or _tag(built) or words.option(tag)
        return replace(built, name="", label=own[:MAX_LABEL], is_required=False, is_hidden=False)


_WORDS = {"title", "description", "default", "examples", "example", "ui", "x-fal"}
_YES_NO = (Option("true", "Yes", True), Option("false", "No", False))


def _branches(flat: Schema) -> list[Any]:
    """The alternatives of a union; a list of types is one too."""
    branches = as_list(flat.get("anyOf")) or as_list(flat.get("oneOf"))
    kinds = flat.get("type")
    if branches or not isinstance(kinds, list):
        return branches
    plain = {k: v for k, v in flat.items() if k not in _WORDS}
    return [plain | {"type": kind} for kind in kinds if isinstance(kind, str)]


def _of_type(branch: Any, inner: Schema, flat: Schema) -> Any:
    """An alternative that only constrains, with the type that stands beside the alternatives."""
    if says_kind(inner) or not isinstance(flat.get("type"), str) or not isinstance(branch, dict):
        return branch
    return {"type": flat["type"]} | branch


def _tags(flat: Schema) -> dict[str, str]:
    """OpenAPI's `discriminator`: what each referenced alternative is called."""
    mapping = as_dict(as_dict(flat.get("discriminator")).get("mapping"))
    return {ref: tag for tag, ref in mapping.items() if isinstance(ref, str)}


def _tag(field: Field) -> str:
    """The one value that a property of an alternative can have."""
    only = (
        c.options[0].label for c in field.children if c.kind == "choice" and len(c.options) == 1
    )
    return next(only, "") if field.kind == "object" else ""


def _is_endless(refs: Trail, trail: Trail) -> bool:
    return any(trail.count(ref) >= _MAX_LEVELS for ref in refs)


def _guess(name: str, flat: Schema) -> str:
    """The kind of a schema that does not say it."""
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
    """The schema of a map's values; empty where there is none."""
    named = as_dict(flat.get("patternProperties"))
    only = next(iter(named.values())) if len(named) == 1 else None
    return as_dict(flat.get("additionalProperties")) or as_dict(only)


def _is_null(flat: Schema) -> bool:
    return flat.get("type") == "null" or flat.get("enum") == [None] or flat.get("const", 0) is None


def _ordered(properties: Schema, order: Any) -> Iterable[str]:
    """The names in the schema's own order, then the rest as they stand (protocol 4.4)."""
    wanted = [key for key in as_list(order) if isinstance(key, str) and key in properties]
    return dict.fromkeys([*wanted, *properties])


def _default(flat: Schema) -> Any:
    default = flat.get("default", MISSING)
    return MISSING if is_deep(default) or not is_finite(default) else default


def _examples(flat: Schema) -> tuple[Any, ...]:
    """`examples` as JSON Schema has them (a list) or OpenAPI (by name), or 3.0's one `example`."""
    found = flat.get("examples")
    if isinstance(found, dict):
        found = [as_dict(one).get("value") for one in found.values()]
    listed = as_list(found)[:_MAX_EXAMPLES] or ([flat["example"]] if "example" in flat else [])
    known = (one for one in listed if not is_deep(one) and is_finite(one))
    return tuple(one for one in known if not isinstance(one, str) or words.clean(one) == one)


def _text(name: str, flat: Schema, common: dict[str, Any]) -> Field:
    kind = common["media"] or media.media_of(name, flat, is_text=True)
    pattern = flat.get("pattern")
    return settled(
        "string",
        common,
        media=kind,
        label=words.media_label(common["label"]) if kind else common["label"],
        is_mask=common["is_mask"] and kind == "image",
        is_long=not kind and hints.is_long(name, flat),
        min_length=hints.count(flat.get("minLength")),
        max_length=hints.count(flat.get("maxLength")),
        pattern=pattern if isinstance(pattern, str) else "",
    )


def _kept(field: Field) -> Field:
    """What a hidden field keeps: its name and the default that the model requires."""
    return Field(
        kind="json",
        name=field.name,
        label=field.label,
        default=field.default,
        is_required=True,
        is_hidden=True,
    )
