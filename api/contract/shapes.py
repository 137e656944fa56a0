"""Functions that build the JSON Schemas of the API's bodies."""

from __future__ import annotations

from typing import Any

from fal.messages import endpoint_id

Schema = dict[str, Any]
MAX_ENDPOINT_ID = 255
CURSOR_PATTERN = "^[A-Za-z0-9_-]+$"


def text(description: str = "", **more: Any) -> Schema:
    """A string."""
    return {"type": "string"} | ({"description": description} if description else {}) | more


def number(description: str = "", **more: Any) -> Schema:
    """A number."""
    return {"type": "number"} | ({"description": description} if description else {}) | more


def integer(description: str = "", **more: Any) -> Schema:
    """A whole number."""
    return {"type": "integer"} | ({"description": description} if description else {}) | more


def flag(description: str = "", **more: Any) -> Schema:
    """A boolean."""
    return {"type": "boolean"} | ({"description": description} if description else {}) | more


def moment(description: str = "") -> Schema:
    """A date and time (RFC 3339)."""
    return text(description, format="date-time")


def nullable(schema: Schema) -> Schema:
    """The same, or null."""
    choices = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return schema | {"type": [schema["type"], "null"]} | choices


def several(item: Schema, description: str = "", **more: Any) -> Schema:
    """An array."""
    schema = {"type": "array", "items": item} | more
    return schema | ({"description": description} if description else {})


def ref(name: str) -> Schema:
    """Another component."""
    return {"$ref": f"#/components/schemas/{name}"}


def record(**properties: Schema) -> Schema:
    """An object of a response, which has all of these."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def request(*required: str, **properties: Schema) -> Schema:
    """An object of a request: other properties are refused."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def page_schema(item: str) -> Schema:
    """A page of a list; the cursor is null on the last."""
    return record(
        items=several(ref(item)),
        next_cursor=nullable(
            text("pass it as `cursor` for the next page; null on the last", pattern=CURSOR_PATTERN)
        ),
    )


PROJECT = nullable(
    text("slug of its project, `private` for your private one; null: a project of others")
)
ALLOW_UNKNOWN = flag(
    "also send fields that the model's schema does not define, as fal may already accept them; "
    "otherwise they are refused, with the nearest name",
    default=False,
)
ALLOW_UNKNOWN_PRICE = flag(
    "whoever pays agrees to unknown costs, where a budget asks",
    default=False,
)
ENDPOINT_ID = text(
    "a model's id",
    minLength=1,
    maxLength=MAX_ENDPOINT_ID,
    pattern=endpoint_id.PATTERN,
    examples=["fal-ai/flux/dev"],
)
