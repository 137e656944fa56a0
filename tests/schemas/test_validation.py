"""Validation by the original schema, in sentences for people."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from schemas import Problem, build, contract, draw, write
from schemas.validation import validate
from tests.schemas import strategies


def problems(schema: dict[str, Any], arguments: Any, **components: Any) -> list[tuple[Any, str]]:
    document = strategies.document(schema)
    document["components"]["schemas"] |= components
    found = contract(document, "a/b")
    return [(p.path, p.message) for p in validate(found, arguments, build(found))]


@pytest.mark.parametrize(
    ("schema", "value", "message"),
    [
        ({"type": "integer", "maximum": 50}, 51, "Steps must be 50 or less"),
        ({"type": "integer", "minimum": 1.0}, 0, "Steps must be 1 or more"),
        ({"type": "number", "exclusiveMinimum": 0}, 0, "Steps must be more than 0"),
        (
            {"type": "number", "minimum": 0, "exclusiveMinimum": True},
            0,
            "Steps must be more than 0",
        ),
        ({"type": "integer", "multipleOf": 8}, 9, "Steps must be a multiple of 8"),
        ({"type": "integer"}, "x", "Steps must be a whole number"),
        ({"type": "integer"}, 1.5, "Steps must be a whole number"),
        (
            {"type": "string", "maxLength": 3},
            "abcd",
            "Steps may have at most 3 characters; it has 4",
        ),
        ({"type": "string", "minLength": 1}, "", "Steps must not be empty"),
        ({"enum": ["a", "b"]}, "c", "Steps must be a or b"),
        ({"type": "array", "maxItems": 1}, [1, 2], "Steps may have at most 1 entries; it has 2"),
        (
            {"anyOf": [{"type": "integer"}, {"type": "string"}]},
            [],
            "Steps must be a text or a whole number",
        ),
        ({"type": "string", "pattern": "^a$"}, "b", "Steps must have the form ^a$"),
    ],
)
def test_a_limit_is_told_in_a_sentence(schema: dict[str, Any], value: Any, message: str) -> None:
    found = problems({"type": "object", "properties": {"steps": schema}}, {"steps": value})
    assert found == [(("steps",), message)]


def test_required_belongs_to_the_missing_key() -> None:
    schema = {
        "type": "object",
        "properties": {
            "prompt": {"type": "string"},
            "loras": {
                "type": "array",
                "items": {"type": "object", "properties": {"path": {}}, "required": ["path"]},
            },
        },
        "required": ["prompt"],
    }
    assert problems(schema, {"loras": [{"path": 1}, {}]}) == [
        (("prompt",), "Prompt is required"),
        (("loras", 1, "path"), "Path is required"),
    ]


def test_a_union_reports_its_closest_alternative() -> None:
    size = {"type": "object", "properties": {"width": {"type": "integer", "maximum": 100}}}
    schema = {
        "type": "object",
        "properties": {
            "size": {"anyOf": [{"$ref": "#/components/schemas/Size"}, {"enum": ["a", "b"]}]}
        },
    }
    assert problems(schema, {"size": {"width": 101}}, Size=size) == [
        (("size", "width"), "Width must be 100 or less")
    ]
    assert problems(schema, {"size": "c"}, Size=size) == [(("size",), "Size must be a or b")]
    assert problems(schema, {"size": "a"}, Size=size) == []


def test_null_is_allowed_where_3_0_says_nullable() -> None:
    schema = {
        "type": "object",
        "properties": {
            "a": {"type": "string", "nullable": True, "enum": ["x"]},
            "b": {"$ref": "#/components/schemas/B", "nullable": True},
        },
    }
    assert problems(schema, {"a": None, "b": None}, B={"type": "object"}) == []
    assert problems(schema, {"b": 1}, B={"type": "object"})


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/components/schemas/Gone"},
        {"$ref": "http://elsewhere/schema"},
        {"$ref": "#/components/schemas/In/properties/x"},
        {"type": "nonsense"},
        {"pattern": "(["},
        {"minimum": "a", "multipleOf": 0, "required": "x", "enum": [], "maxLength": -1},
        {"properties": [], "items": 5, "anyOf": {}, "allOf": [5]},
        {"$id": "http://x", "$anchor": "a", "$schema": "y", "$dynamicRef": "#z"},
    ],
)
def test_what_no_validator_understands_allows_everything(schema: dict[str, Any]) -> None:
    assert problems({"type": "object", "properties": {"x": schema}}, {"x": "anything"}) == []


def test_a_schema_that_contains_itself_endlessly_allows_everything() -> None:
    assert problems({"anyOf": [{"$ref": "#/components/schemas/In"}]}, {"x": 1}) == []


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(strategies.schemas_with_arguments)
def test_validation_never_breaks_and_every_problem_finds_a_place(case: Any) -> None:
    document, value = case
    found = contract(document, "a/b")
    root = build(found)
    told = validate(found, value, root)
    node = draw(root, post=write(root, value), problems=told)
    assert bool([error for n in node.walk() for error in n.errors]) == bool(told)


def test_real_documents_accept_their_own_examples(documents: dict[str, Any]) -> None:
    from schemas.examples import example

    for endpoint_id, document in documents.items():
        found = contract(document, endpoint_id)
        root = build(found)
        wrong = validate(found, example(root), root)
        assert [p for p in wrong if "required" not in p.message] == []
        assert all(isinstance(p, Problem) for p in wrong)
