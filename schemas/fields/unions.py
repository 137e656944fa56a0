"""Builds choices and unions: plain values become options, equal kinds merge, others branch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from schemas.exact import dumps, identical, is_finite, is_form_safe, is_too_deep
from schemas.fields import hints
from schemas.fields.field import MISSING, Field, Kind, Option
from schemas.fields.fitting import accepts, in_kind, is_within_limits
from schemas.wording import labels

MAX_LABEL = 120
_MAX_OPTIONS = 2000


def make_field(kind: Kind, common: dict[str, Any], **values: Any) -> Field:
    """A field; drops a default that its controls cannot show, or that cannot be sent."""
    field = Field(kind=kind, **(common | values))
    default = in_kind(field, field.default)
    is_sendable = not field.is_required or is_within_limits(field, default)
    is_usable = accepts(field, default) and is_sendable
    return replace(field, default=default if is_usable else MISSING)


def choice(values: list[Any], common: dict[str, Any]) -> Field:
    """An enum or const: distinct values with unique keys; null makes it nullable."""
    if None in values:
        common = common | {"is_nullable": True}
    values = [
        v for v in values[:_MAX_OPTIONS] if v is not None and not is_too_deep(v) and is_finite(v)
    ]
    if not values:
        return Field(kind="json", **common)
    options = _options(values)
    default = in_kind(Field(kind="choice", options=options), common["default"])
    if default not in (MISSING, None) and not any(identical(default, v) for v in values):
        # A default that the enum forgot is still what the model uses if the key is omitted. A
        # required one would be sent, and refused by the model: the form has to ask.
        if common["is_required"]:
            default = MISSING
        else:
            options = _options([*values, default])
    # A required `const`, such as the `type` of a discriminated union: nothing to choose.
    if len(values) == 1 and common["is_required"] and default is MISSING:
        default = values[0]
    common = common | {"default": default}
    return Field(
        kind="choice", **(common | {"options": options, "is_size": any(o.size for o in options)})
    )


def _options(values: list[Any]) -> tuple[Option, ...]:
    """The options; a plain text is its own key, any other value has its JSON as key."""
    keys: dict[str, Any] = {}
    for value in values:
        is_plain = isinstance(value, str) and value.strip() and "\n" not in value
        is_plain = is_plain and is_form_safe(value) and not value.startswith("~")
        key = value if is_plain else _json_key(value)
        if key in keys and not identical(keys[key], value):
            key = "~=" + dumps(value, indent=None)
        keys.setdefault(key, value)
    sizes = hints.sizes(keys.values())
    return tuple(
        Option(
            key, labels.option(value)[:MAX_LABEL] or "empty", value, 0, *hints.drawn(value, sizes)
        )
        for key, value in keys.items()
    )


def _json_key(value: Any) -> str:
    text = dumps(value, indent=None)
    return "~=" + text if isinstance(value, str) else text


def union(parts: list[Field], common: dict[str, Any]) -> Field:
    """Several alternatives as one field."""
    common = common | {"is_nullable": common["is_nullable"] or any(p.is_nullable for p in parts)}
    plain = [part for part in parts if part.kind == "choice"]
    rest = [part for part in parts if part.kind != "choice"]
    values = [option.value for part in plain for option in part.options]
    if not rest:
        return choice(values, common)
    # `anyOf: [enum, string]` is an open list (protocol 4.3): a text with suggestions.
    if all(part.kind == "string" for part in rest) and all(isinstance(v, str) for v in values):
        best = next((part for part in rest if part.media), rest[0])
        merged = make_field("string", common, is_long=all(p.is_long for p in rest))
        return replace(
            merged,
            media=best.media,
            label=labels.media_label(merged.label) if best.media else merged.label,
            suggestions=tuple(filter(is_form_safe, values)),
        )
    # `anyOf: [integer, number]`: pydantic's `int | float`.
    if not plain and all(part.traits.is_numeric for part in rest):
        return make_field("number", common, is_seed=any(part.is_seed for part in rest))
    options = _options(values)
    is_size = any(_is_size_object(part) for part in rest)
    for position, part in enumerate(rest, start=1):
        word = _FILE_WORDS.get((part.kind, part.media)) or part.traits.noun
        # flux/dev's `image_size`: presets, or an ImageSize with width and height.
        label = "Custom" if _is_size_object(part) else part.label or word
        label = f"{label} {position}" if any(o.label == label for o in options) else label
        options = (*options, Option(f"~{position}", label, branch=position))
    field = Field(
        kind="union",
        **(common | {"options": options, "branches": tuple(rest), "is_size": is_size, "media": ""}),
    )
    default = in_kind(field, field.default)
    return replace(field, default=default if accepts(field, default) else MISSING)


_FILE_WORDS = {
    ("string", "image"): "Image",
    ("string", "video"): "Video",
    ("string", "audio"): "Sound",
    ("string", "file"): "File",
    ("list", "image"): "Images",
    ("list", "video"): "Videos",
    ("list", "audio"): "Sounds",
    ("list", "file"): "Files",
}


def _is_size_object(field: Field) -> bool:
    return field.kind == "object" and {"width", "height"} <= {c.name for c in field.children}
