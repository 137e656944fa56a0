"""Functions that build JSON Schemas as fal writes them, as plain dictionaries."""

from collections.abc import Iterable, Mapping
from typing import Any

Schema = dict[str, Any]

PRESETS = {
    "square_hd": (1024, 1024),
    "square": (512, 512),
    "portrait_4_3": (768, 1024),
    "portrait_16_9": (576, 1024),
    "landscape_4_3": (1024, 768),
    "landscape_16_9": (1024, 576),
}


def text(description: str | None = None, **more: Any) -> Schema:
    """A string."""
    return _described({"type": "string", **more}, description)


def integer(
    description: str | None = None, low: Any = None, high: Any = None, **more: Any
) -> Schema:
    """A whole number within inclusive bounds."""
    return _number("integer", description, low, high, more)


def number(
    description: str | None = None, low: Any = None, high: Any = None, **more: Any
) -> Schema:
    """A number within inclusive bounds."""
    return _number("number", description, low, high, more)


def boolean(description: str | None = None, **more: Any) -> Schema:
    """A boolean."""
    return _described({"type": "boolean", **more}, description)


def choice(options: Iterable[Any], description: str | None = None, **more: Any) -> Schema:
    """One of several strings."""
    return _described({"enum": list(options), "type": "string", **more}, description)


def array(items: Schema, description: str | None = None, **more: Any) -> Schema:
    """A list of `items`."""
    return _described({"type": "array", "items": items, **more}, description)


def mapping(values: Schema | bool, description: str | None = None, **more: Any) -> Schema:
    """An object with arbitrary keys."""
    return _described({"type": "object", "additionalProperties": values, **more}, description)


def optional(inner: Schema, description: str | None = None, **more: Any) -> Schema:
    """The schema or null, as fal writes optional fields."""
    return _described({"anyOf": [inner, {"type": "null"}], **more}, description)


def ref(component: str) -> Schema:
    """A reference to a component."""
    return {"$ref": f"#/components/schemas/{component}"}


def wrapped(component: str, description: str | None = None, **more: Any) -> Schema:
    """A reference with its own title and description: `allOf` around a single `$ref`."""
    return _described({"allOf": [ref(component)], **more}, description)


def media(kind: str, description: str, **more: Any) -> Schema:
    """A file's URL or data URI, with fal's hint for a media picker."""
    return _described({"type": "string", "ui": {"field": kind}, **more}, description)


def image_size(default: Any = "landscape_4_3", description: str | None = None) -> Schema:
    """A preset or an object with width and height."""
    return {
        "anyOf": [ref("ImageSize"), {"enum": list(PRESETS), "type": "string"}],
        "description": description or "The size of the generated image.",
        "default": default,
    }


def record(
    title: str,
    properties: Mapping[str, Schema],
    required: Iterable[str] = (),
    order: Iterable[str] | None = None,
    **more: Any,
) -> Schema:
    """An object schema with titles; `x-fal-order-properties` has the order of its fields."""
    titled = {
        name: {"title": name.replace("_", " ").title(), **schema} if schema else schema
        for name, schema in properties.items()
    }
    result = {
        "title": title,
        "type": "object",
        "properties": dict(sorted(titled.items(), key=lambda pair: pair[0][::-1])),
        "x-fal-order-properties": list(properties if order is None else order),
        **more,
    }
    if required:
        result["required"] = list(required)
    return result


def _number(
    type: str, description: str | None, low: Any, high: Any, extra_keywords: Schema
) -> Schema:
    bounds = {"minimum": low, "maximum": high}
    schema = {"type": type, **{k: v for k, v in bounds.items() if v is not None}, **extra_keywords}
    return _described(schema, description)


def _described(schema: Schema, description: str | None) -> Schema:
    return schema if description is None else {**schema, "description": description}


def _nullable(type: str) -> Schema:
    return {"anyOf": [{"type": type}, {"type": "null"}]}


_FILE = {
    "url": text("The URL where the file can be downloaded from."),
    "content_type": text("The mime type of the file.", examples=["image/png"]),
    "file_name": text(
        "The name of the file. It will be auto-generated if not provided.",
        examples=["z9RV14K95DvU.png"],
    ),
    "file_size": integer("The size of the file in bytes.", examples=[4404019]),
    "file_data": text("File data", format="binary"),
}

COMMON: dict[str, Schema] = {
    "File": record("File", _FILE, ["url"]),
    "Image": record(
        "Image",
        {
            "url": text("The URL where the file can be downloaded from."),
            **{name: _nullable("string") for name in ("content_type", "file_name")},
            **{name: _nullable("integer") for name in ("file_size", "width", "height")},
        },
        ["url"],
        description="Represents an image file.",
    ),
    "Video": record(
        "Video",
        {
            **_FILE,
            **{name: _nullable("integer") for name in ("width", "height", "num_frames")},
            **{name: _nullable("number") for name in ("fps", "duration")},
        },
        ["url"],
    ),
    "Audio": record(
        "AudioFile",
        {
            **_FILE,
            "duration": _nullable("number"),
            "channels": _nullable("integer"),
            "sample_rate": _nullable("integer"),
            "bitrate": {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]},
        },
        ["url"],
    ),
    "ImageSize": record(
        "ImageSize",
        {
            side: integer(
                f"The {side} of the generated image.", high=14142, exclusiveMinimum=0, default=512
            )
            for side in ("width", "height")
        },
    ),
    "LoraWeight": record(
        "LoraWeight",
        {
            "path": text("URL or the path to the LoRA weights."),
            "scale": number(
                "\n            The scale of the LoRA weight. This is used to scale the LoRA "
                "weight\n"
                "            before merging it with the base model.\n        ",
                0,
                4,
                default=1,
            ),
        },
        ["path"],
    ),
}
