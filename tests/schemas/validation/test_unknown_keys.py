"""Keys that a schema does not know are found, each with the most similar known key."""

from typing import Any

import pytest

from schemas.document.openapi import Contract
from schemas.validation import unknown_keys

TEXT = {"type": "string"}
LORA = {"type": "object", "properties": {"path": TEXT, "scale": {"type": "number"}}}
INPUT = {
    "allOf": [{"type": "object",
         "properties": {"prompt": TEXT, "seed": {"type": "integer"},
             "hidden": TEXT | {"x-fal": {"hidden": True}},
             "loras": {"type": "array", "items": {"$ref": "#/components/schemas/Lora"}},
             "size": {"anyOf": [{"type": "object", "properties": {"width": {"type": "integer"}}},
                     {"enum": ["square"]}]}, "extra": {"type": "object"},
             "labels": {"type": "object", "additionalProperties": LORA}}},
        {"properties": {"strength": {"type": "number"}}}],
}  # fmt: skip
DOCUMENT = {"components": {"schemas": {"Lora": LORA}}}


def problems_of(arguments: Any, schema: Any = INPUT) -> list[tuple[Any, ...]]:
    contract = Contract(DOCUMENT, schema, None)
    return [(*problem.path, problem.message) for problem in unknown_keys(contract, arguments)]


def test_an_unknown_key_is_reported_with_the_nearest_name():
    (problem,) = problems_of({"prompt": "a cat", "sede": 7})
    assert problem == ("sede", "Unknown field `sede`: did you mean `seed`?")
    (problem,) = problems_of({"prompt": "a cat", "zzz": 7})
    assert problem[1].startswith("Unknown field `zzz`. The known fields are ")


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        ({"loras": [{"path": "x"}, {"path": "y", "scal": 1}]}, ("loras", 1, "scal")),
        ({"size": {"widht": 5}}, ("size", "widht")),
        ({"stregth": 0.5}, ("stregth",)),
    ],
)
def test_unknown_keys_are_found_at_any_depth(arguments, path):
    (problem,) = problems_of(arguments)
    assert problem[:-1] == path
    assert "did you mean" in problem[-1]


@pytest.mark.parametrize(
    "arguments",
    [
        {"prompt": "x", "seed": 1, "hidden": "y", "strength": 1},
        {"loras": [{"path": "x", "scale": 1}], "size": {"width": 1}},
        {"size": "square", "extra": {"any": {"thing": 1}}, "labels": {"a": {"path": "x"}}},
        [],
        "text",
    ],
)
def test_named_keys_and_keys_of_open_objects_are_known(arguments):
    assert problems_of(arguments) == []


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "object"},
        {"type": "object", "properties": {"a": TEXT}, "additionalProperties": True},
        {"type": "object", "properties": {"a": TEXT}, "additionalProperties": TEXT},
        {"type": "object", "properties": {"a": TEXT}, "patternProperties": {"^x": TEXT}},
        {"anyOf": [{"type": "object", "properties": {"a": TEXT}}, {"type": "object"}]},
        {"$ref": "#/nowhere"},
    ],
)
def test_an_open_schema_accepts_any_key(schema):
    assert problems_of({"zzz": 1}, schema) == []


def test_recursive_schemas_terminate():
    loop = {"type": "object", "properties": {"a": TEXT, "next": {"$ref": "#/loop"}}}
    contract = Contract({"loop": loop}, {"$ref": "#/loop"}, None)
    assert unknown_keys(contract, {"next": {"next": {"next": {"a": "x"}}}}) == []
    (problem,) = unknown_keys(contract, {"next": {"next": {"b": 1}}})
    assert problem.path == ("next", "next", "b")


def test_the_number_of_reported_unknown_keys_is_bounded():
    assert len(problems_of({f"x{number}": 1 for number in range(1000)})) == 20
