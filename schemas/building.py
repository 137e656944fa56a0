"""Input schema → Field tree. Total: what cannot be understood becomes a JSON box for that field alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from schemas import hints, words
from schemas.exact import dumps, identical, is_deep, is_finite, is_sturdy
from schemas.fields import MISSING, Field, Kind, Option
from schemas.fitting import suits
from schemas.media import limits, media_hint, media_of
from schemas.openapi import Contract, Schema, as_dict, as_list, resolve

MAX_NODES = 2000
MAX_DEPTH = 8
MAX_BRANCHES = 9
MAX_OPTIONS = 2000
_MAX_LABEL = 120


def build(contract: Contract) -> Field:
    """The form's root: always an object; values it has no place for are kept as extras."""
    builder = _Builder(contract.document)
    root = builder.field("", contract.input, (), 0, is_required=True)
    return root if root.kind == "object" else Field(kind="object", is_required=True, help=root.help)


class _Builder:
    """Builds one tree within a budget of nodes and depth, so that no document can exhaust us."""

    def __init__(self, document: Any) -> None:
        self.document = document
        self.left = MAX_NODES

    def field(
        self, name: str, schema: Any, trail: tuple[str, ...], depth: int, is_required: bool = False
    ) -> Field:
        """The node for `schema`; `trail` holds the references that lead here, against circles."""
        self.left -= 1
        own = as_dict(schema)
        flat, refs = self.flatten(schema)
        common = self.common(name, own, flat) | {"is_required": is_required}
        if set(refs) & set(trail) or depth > MAX_DEPTH or self.left < 0:
            return Field(kind="json", **common)
        return self.shape(name, flat, (*trail, *refs), depth, common)

    def flatten(self, schema: Any, depth: int = 0) -> tuple[Schema, tuple[str, ...]]:
        """The schema with references followed and `allOf` merged into it; siblings win."""
        flat, refs = resolve(self.document, schema)
        parts = as_list(flat.get("allOf"))
        if not parts or depth > MAX_DEPTH:
            return flat, refs
        merged: Schema = {}
        for part in parts[:MAX_BRANCHES]:
            self.left -= 1
            if self.left < 0:
                break
            inner, more = self.flatten(part, depth + 1)
            merged = _merge(merged, inner)
            refs = (*refs, *more)
        return _merge(merged, {k: v for k, v in flat.items() if k != "allOf"}), refs

    def common(self, name: str, own: Schema, flat: Schema) -> dict[str, Any]:
        """What every kind of field carries: words, default, examples, hints."""
        title = own.get("title") if name else flat.get("title")
        short, more = words.lead(words.prose(flat.get("description")))
        return {
            "name": name,
            "label": words.label(name, title)[:_MAX_LABEL],
            "help": short,
            "more": more,
            "default": _default(flat),
            "examples": tuple(as_list(flat.get("examples"))[:20]),
            "is_nullable": flat.get("nullable") is True or flat.get("default", MISSING) is None,
            **hints.flags(name, flat),
        }

    def shape(
        self, name: str, flat: Schema, trail: tuple[str, ...], depth: int, common: dict[str, Any]
    ) -> Field:
        """Choose the kind and build what is below."""
        branches = as_list(flat.get("anyOf")) or as_list(flat.get("oneOf"))
        kinds = flat.get("type")
        if not branches and isinstance(kinds, list):
            branches = [flat | {"type": kind} for kind in kinds if isinstance(kind, str)]
            branches = [{k: v for k, v in b.items() if k not in _WORDS} for b in branches]
        if branches:
            return self.union(name, flat, branches, trail, depth, common)
        if "const" in flat:
            return _choice([flat["const"]], common)
        if as_list(flat.get("enum")):
            return _choice(flat["enum"], common)
        kind = kinds if isinstance(kinds, str) else _guess(flat)
        if kind == "object":
            return self.object(name, flat, trail, depth, common)
        if kind == "array":
            return self.array(name, flat, trail, depth, common)
        if kind == "boolean":
            return _settled(
                "boolean",
                common,
                options=(Option("true", "Yes", True), Option("false", "No", False)),
            )
        if kind in {"integer", "number"}:
            numeric: Kind = "integer" if kind == "integer" else "number"
            bounds = hints.bounds(flat)
            return _settled(numeric, common, **bounds, is_seed=hints.is_seed(name, kind))
        if kind == "string":
            return _text(name, flat, common)
        if kind == "null":
            return _settled("json", common | {"is_nullable": True})
        return Field(kind="json", **common)

    def object(
        self, name: str, flat: Schema, trail: tuple[str, ...], depth: int, common: dict[str, Any]
    ) -> Field:
        """Properties in display order, or a map where only the values' schema is known."""
        properties = as_dict(flat.get("properties"))
        required = {key for key in as_list(flat.get("required")) if isinstance(key, str)}
        if not properties:
            values = flat.get("additionalProperties")
            if not isinstance(values, dict) or not values:
                return Field(kind="json", **common)
            item = _with(self.field("", values, trail, depth + 1), is_hidden=False)
            return _settled("map", common, item=item)
        children = []
        for key in _ordered(properties, flat.get("x-fal-order-properties")):
            if self.left <= 0:
                break
            schema = properties[key]
            child = self.field(key, schema, trail, depth + 1, is_required=key in required)
            if not child.is_hidden:
                children.append(child)
            elif child.is_required and child.has_default:
                children.append(Field(kind="json", **_kept(child)))
        return _settled("object", common, children=tuple(children))

    def array(
        self, name: str, flat: Schema, trail: tuple[str, ...], depth: int, common: dict[str, Any]
    ) -> Field:
        """Rows of one kind of item; a list of nothing known is a JSON box."""
        items = flat.get("items")
        if not isinstance(items, dict) or flat.get("prefixItems"):
            return Field(kind="json", **common)
        item = _with(self.field("", items, trail, depth + 1), is_hidden=False)
        media = common["media"] or media_of(name, {}, is_text=item.kind == "string")
        if media and item.kind == "string":
            known = {**common["file_limits"], **item.file_limits}
            item = _with(
                item,
                media=item.media or media,
                is_long=False,
                is_mask=common["is_mask"],
                file_limits=known,
                limits=limits(flat | self.flatten(items)[0], known),
            )
        elif media:
            media = ""
        return _settled(
            "list",
            common,
            item=item,
            media=item.media if item.kind == "string" else media,
            label=words.media_label(common["label"]) if item.media else common["label"],
            is_unique=flat.get("uniqueItems") is True,
            min_length=hints.count(flat.get("minItems")),
            max_length=hints.count(flat.get("maxItems")),
        )

    def union(
        self,
        name: str,
        flat: Schema,
        branches: list[Any],
        trail: tuple[str, ...],
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
        if len(known) > MAX_BRANCHES or not known:
            return Field(kind="json", **common)
        if len(known) == 1:
            _, (inner, refs) = known[0]
            whole = _merge(inner, siblings)
            if set(refs) & set(trail):
                return Field(kind="json", **common)
            merged = self.common(name, siblings, whole) | {
                "is_required": common["is_required"],
                "is_nullable": common["is_nullable"] or inner.get("nullable") is True,
            }
            return self.shape(name, whole, (*trail, *refs), depth + 1, merged)
        parts = [self.branch(name, branch, trail, depth + 1) for branch, _ in known]
        return _union(parts, common)

    def branch(self, name: str, schema: Any, trail: tuple[str, ...], depth: int) -> Field:
        """One alternative of a union, named after its own title."""
        flat, _ = self.flatten(schema)
        built = self.field(name, schema, trail, depth)
        title = flat.get("title")
        own = words.label("", title) if isinstance(title, str) and title.strip() else ""
        return _with(built, name="", label=own[:_MAX_LABEL], is_required=False, is_hidden=False)


_WORDS = {"title", "description", "default", "examples", "ui", "x-fal"}


def _merge(below: Schema, above: Schema) -> Schema:
    """Two schemas that both hold: properties and required add up, else `above` wins."""
    merged = below | above
    for key in ("properties", "x-fal-order-properties", "required"):
        if key in below and key in above:
            if isinstance(below[key], dict) and isinstance(above[key], dict):
                merged[key] = below[key] | above[key]
            elif isinstance(below[key], list) and isinstance(above[key], list):
                merged[key] = [*below[key], *above[key]]
    return merged


def _guess(flat: Schema) -> str:
    """The kind of a schema that does not say it."""
    for key, kind in (("properties", "object"), ("items", "array")):
        if isinstance(flat.get(key), dict):
            return kind
    return "string" if media_hint(flat) else ""


def _is_null(flat: Schema) -> bool:
    return flat.get("type") == "null" or flat.get("enum") == [None] or flat.get("const", 0) is None


def _ordered(properties: Schema, order: Any) -> Iterable[str]:
    """The names in the schema's own order, then the rest as they stand (protocol 4.4)."""
    wanted = [key for key in as_list(order) if isinstance(key, str) and key in properties]
    return dict.fromkeys([*wanted, *properties])


def _default(flat: Schema) -> Any:
    default = flat.get("default", MISSING)
    return MISSING if is_deep(default) or not is_finite(default) else default


def _settled(kind: Kind, common: dict[str, Any], **values: Any) -> Field:
    """A field whose default is of its kind, or none."""
    default = common["default"]
    if kind == "integer" and isinstance(default, float) and default.is_integer():
        default = int(default)
    field = Field(kind=kind, **(common | values | {"default": default}))
    return field if suits(field, default) else _with(field, default=MISSING)


def _text(name: str, flat: Schema, common: dict[str, Any]) -> Field:
    media = common["media"] or media_of(name, flat, is_text=True)
    pattern = flat.get("pattern")
    return _settled(
        "string",
        common,
        media=media,
        label=words.media_label(common["label"]) if media else common["label"],
        is_long=not media and hints.is_long(name, flat),
        min_length=hints.count(flat.get("minLength")),
        max_length=hints.count(flat.get("maxLength")),
        pattern=pattern if isinstance(pattern, str) else "",
    )


def _choice(values: list[Any], common: dict[str, Any]) -> Field:
    """An enum or const: each value once, null as nullable, with keys that never clash."""
    if None in values:
        common = common | {"is_nullable": True}
    values = [value for value in values[:MAX_OPTIONS] if value is not None]
    if not values:
        return Field(kind="json", **common)
    default = common["default"]
    if len(values) == 1 and common["is_required"] and default is MISSING:
        common = common | {"default": values[0]}
    elif common["default"] not in (MISSING, None) and not any(
        identical(default, value) for value in values
    ):
        values = [*values, default]
    options = _options(values)
    return Field(
        kind="choice", **(common | {"options": options, "is_size": any(o.size for o in options)})
    )


def _options(values: list[Any]) -> tuple[Option, ...]:
    """A text is its own key; anything else, and texts a page might bend, are keyed by their JSON."""
    keys: dict[str, Any] = {}
    for value in values:
        is_plain = isinstance(value, str) and value.strip() and "\n" not in value
        is_plain = is_plain and is_sturdy(value) and not value.startswith("~")
        key = value if is_plain else _json_key(value)
        if key in keys and not identical(keys[key], value):
            key = "~=" + dumps(value, indent=None)
        keys.setdefault(key, value)
    sizes = hints.sizes(keys.values())
    return tuple(
        Option(
            key, words.option(value)[:_MAX_LABEL] or "empty", value, 0, *hints.drawn(value, sizes)
        )
        for key, value in keys.items()
    )


def _json_key(value: Any) -> str:
    text = dumps(value, indent=None)
    return "~=" + text if isinstance(value, str) else text


def _union(parts: list[Field], common: dict[str, Any]) -> Field:
    """Alternatives as one field: like kinds merge, plain choices become options of the select."""
    common = common | {"is_nullable": common["is_nullable"] or any(p.is_nullable for p in parts)}
    plain = [part for part in parts if part.kind == "choice"]
    others = [part for part in parts if part.kind != "choice"]
    values = [option.value for part in plain for option in part.options]
    if not others:
        return _choice(values, common)
    if all(part.kind == "string" for part in others) and all(isinstance(v, str) for v in values):
        best = next((part for part in others if part.media), others[0])
        merged = _settled("string", common, is_long=all(p.is_long for p in others))
        return _with(
            merged,
            media=best.media,
            label=words.media_label(merged.label) if best.media else merged.label,
            suggestions=tuple(filter(is_sturdy, values)),
        )
    if not plain and {part.kind for part in others} <= {"integer", "number"}:
        return _settled("number", common, is_seed=any(part.is_seed for part in others))
    options = _options(values)
    is_size = any(_is_size_object(part) for part in others)
    for position, part in enumerate(others, start=1):
        label = "Custom" if _is_size_object(part) else part.label or _KIND_WORDS[part.kind]
        options = (*options, Option(f"~{position}", label, branch=position))
    field = Field(
        kind="union",
        **(
            common
            | {"options": options, "branches": tuple(others), "is_size": is_size, "media": ""}
        ),
    )
    return field if suits(field, field.default) else _with(field, default=MISSING)


_KIND_WORDS: dict[str, str] = {
    "object": "Settings", "map": "Names and values", "list": "List", "union": "Other",
    "boolean": "Yes or no", "integer": "Whole number", "number": "Number", "string": "Text",
    "json": "JSON", "choice": "Choice",
}  # fmt: skip


def _is_size_object(field: Field) -> bool:
    return field.kind == "object" and {"width", "height"} <= {c.name for c in field.children}


def _kept(field: Field) -> dict[str, Any]:
    """What a hidden field keeps: its name and the default that the model requires."""
    return {
        "name": field.name,
        "label": field.label,
        "default": field.default,
        "is_required": True,
        "is_hidden": True,
    }


def _with(field: Field, **changes: Any) -> Field:
    return replace(field, **changes)
