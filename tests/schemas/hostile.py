"""Broken documents: values that no document should contain, placed anywhere in real ones."""

import copy
from typing import Any

from hypothesis import strategies as st

from tests.schemas.strategies import HOSTILE, json_values


def nested(levels: int, around: str) -> Any:
    """Return a schema within a schema within …, under one keyword."""
    schema: Any = {"type": "string"}
    for _ in range(levels):
        schema = {
            "properties": {"type": "object", "properties": {"a": schema}},
            "items": {"type": "array", "items": schema},
            "anyOf": {"anyOf": [schema, {"type": "integer"}]},
            "allOf": {"allOf": [schema]},
            "map": {"type": "object", "additionalProperties": schema},
            "prefixItems": {"prefixItems": [schema]},
            "not": {"not": schema},
            "then": {"type": "object", "properties": {"a": {}}, "then": schema},
            "default": {"type": "object", "default": schema},
            "enum": {"enum": [schema]},
            "examples": {"type": "string", "examples": [schema], "title": "A"},
            "description": {"description": schema},
            "x-fal": {"type": "string", "x-fal": schema},
        }[around]  # fmt: skip
    return schema


NESTS = [
    "properties", "items", "anyOf", "allOf", "map", "prefixItems", "not", "then", "default", "enum",
    "examples", "description", "x-fal",
]  # fmt: skip
KEYWORDS = [
    "$ref", "$defs", "type", "enum", "const", "default", "examples", "example", "title",
    "description", "format", "pattern", "minimum", "exclusiveMaximum", "multipleOf", "maxLength",
    "minItems", "uniqueItems", "items", "prefixItems", "additionalItems", "contains", "minContains",
    "properties", "patternProperties", "additionalProperties", "propertyNames", "required", "anyOf",
    "oneOf", "allOf", "not", "if", "then", "dependentSchemas", "dependentRequired", "dependencies",
    "unevaluatedProperties", "nullable", "deprecated", "discriminator", "ui", "_fal_ui_field",
    "x-fal", "x-fal-order-properties", "max_file_size",
]  # fmt: skip
MISFITS: list[Any] = [
    None,
    True,
    5,
    -1.5,
    "x",
    "([",
    [],
    [None],
    [[1]],
    [{"a": 1}],
    ["a", "a"],
    {},
    {"a": [1]},
    {"mapping": {"a": [], "b": "x"}},
    {"field": {}, "hidden": 1},
    {"": {"$ref": []}},
    "\ud800\0",
]
MANY = {
    "500 properties": {
        "type": "object",
        "properties": {f"p{n}": {"type": "string", "title": "A b"} for n in range(500)},
    },
    "5,000 properties": {
        "type": "object",
        "properties": {f"p{n}": {"type": "integer", "default": n} for n in range(5000)},
    },
    "1 MB of text": {
        "type": "object",
        "title": "t" * 10**6,
        "properties": {
            "a": {
                "type": "string",
                "title": "x y " * 250_000,
                "description": "[a](" * 250_000,
                "default": "d" * 10**6,
            },
            "b": {"enum": ["e" * 10**6, "f"], "description": "\n \n" * 300_000},
            "n" * 10**6: {"type": "string", "pattern": "(a+)+$", "examples": ["<b>" * 300_000]},
            "c": {
                "type": "object",
                "additionalProperties": {"type": "string", "description": "word. " * 150_000},
            },
        },
    },
    "1,000 alternatives": {"anyOf": [{"properties": {f"p{n}": {}}} for n in range(1000)]},
    "1,000 choices of all types": {
        "properties": {"a": {"enum": [n, str(n), [n], {"n": n}] * 250 if (n := 7) else []}}
    },
    "allOf of itself": {
        "allOf": [{"$ref": "#/components/schemas/In"}] * 50,
        "properties": {"a": {}},
    },
    "anyOf of itself": {
        "anyOf": [{"$ref": "#/components/schemas/In"}] * 50,
        "properties": {"a": {"$ref": "#/components/schemas/In"}},
    },
    "itself twelve times": {
        "properties": {
            k: {
                "anyOf": [
                    {"$ref": "#/components/schemas/In"},
                    {"type": "array", "items": {"$ref": "#/components/schemas/In"}},
                ]
            }
            for k in "abcdefghijkl"
        }
    },
    "itself as its rest": {
        "properties": {"a": {}},
        "additionalProperties": {"$ref": "#/components/schemas/In"},
    },
    "pointers to nowhere": {
        "properties": {
            "a": {"$ref": "#/components/schemas/In/properties/a"},
            "b": {"$ref": "#"},
            "c": {"$ref": "#/%00"},
            "d": {"$ref": 5},
        }
    },
    "wrong types": {
        "type": {"a": 1},
        "properties": {
            "a": {"type": [5, None, [], "string", "integer"]},
            "b": {"type": ["null"]},
            "c": {"enum": {}},
            "d": {"properties": [1]},
        },
        "required": {"a": 1},
        "x-fal-order-properties": [[], {}, "a", "a"],
        "anyOf": "x",
        "allOf": {},
    },
    "huge numbers": {
        "properties": {
            "a": {
                "type": "integer",
                "minimum": -(10**400),
                "maximum": 10**400,
                "default": 10**400,
                "multipleOf": 10**400,
            },
            "b": {"type": "number", "minimum": 1e308, "maximum": -1e308, "multipleOf": 5e-324},
            "c": {"type": "string", "minLength": 10**400, "maxLength": 10**30},
            "d": {"type": "array", "items": {}, "minItems": 10**9},
        }
    },
    "tiny numbers": {
        "properties": {
            "a": {
                "type": "number",
                "minimum": 0,
                "maximum": 2000,
                "multipleOf": 7e-203,
                "default": 1,
            },
            "b": {
                "type": "number",
                "minimum": 0,
                "maximum": 5e-324,
                "multipleOf": 5e-324,
                "default": 0,
            },
            "c": {"type": "number", "minimum": 0, "maximum": 5e-324, "default": 0},
            "d": {
                "type": "integer",
                "minimum": 0,
                "maximum": 1.5,
                "multipleOf": 5e-324,
                "default": 1,
            },
        }
    },
    "no numbers": {
        "properties": {
            "a": {
                "type": "number",
                "default": float("nan"),
                "maximum": float("inf"),
                "examples": [float("inf")],
                "enum": [float("nan"), 1],
            }
        }
    },
}
values = st.one_of(
    json_values,
    st.sampled_from(HOSTILE),
    st.sampled_from([nested(30, around) for around in NESTS]),
    st.sampled_from(
        [
            {"$ref": "#/components/schemas/QueueStatus"},
            {"$ref": "#/components"},
            {"$ref": "#"},
            {"anyOf": [{"$ref": "#/components/schemas/Image"}, {}]},
            {"type": ["string", "object", "array", "null"]},
            {"type": "array", "prefixItems": [{}, {"type": "array", "items": {}}]},
            [],
            {},
            "\u202e</textarea>\0",
        ]
    ),
)


@st.composite
def mutations(draw: st.DrawFn, document: Any) -> Any:
    """Return a document with up to six nodes deleted, replaced, renamed or moved."""
    changed = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 6))):
        holders = [h for h in _holders(changed) if h]
        if not holders:
            break
        holder = draw(st.sampled_from(holders))
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        key = draw(st.sampled_from(keys))
        match draw(st.sampled_from(["delete", "replace", "move", "rename", "double"])):
            case "delete":
                del holder[key]
            case "replace":
                holder[key] = copy.deepcopy(draw(values))
            case "move":
                holder[key] = copy.deepcopy(draw(st.sampled_from(holders)))
            case "rename" if isinstance(holder, dict):
                holder[
                    draw(
                        st.sampled_from(
                            [
                                *HOSTILE,
                                "type",
                                "$ref",
                                "properties",
                                "items",
                                "anyOf",
                                "allOf",
                                "enum",
                                "default",
                            ]
                        )
                    )
                ] = holder.pop(key)
            case _ if isinstance(holder, list):
                holder.append(copy.deepcopy(holder[key]))
    return changed


def _holders(value: Any) -> list[Any]:
    """Return every object and array in a value, the value itself first."""
    holders, waiting = [], [value]
    while waiting:
        here = waiting.pop()
        if isinstance(here, dict | list):
            holders.append(here)
            waiting += here.values() if isinstance(here, dict) else here
    return holders
