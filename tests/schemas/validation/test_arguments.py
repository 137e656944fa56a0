"""Arguments are validated by the original schema; errors are sentences for people."""

import time
from typing import Any

import pytest
from hypothesis import given, settings

from schemas import Problem, build, contract, draw, encode_arguments
from schemas.validation import validate
from tests.sampling import sample
from tests.schemas import laws, strategies
from tests.tables import each_row


def problems(schema: dict[str, Any], arguments: Any, **components: Any) -> list[tuple[Any, str]]:
    document = strategies.document(schema)
    document["components"]["schemas"] |= components
    endpoint_contract = contract(document, "a/b")
    return [
        (p.path, p.message)
        for p in validate(endpoint_contract, arguments, build(endpoint_contract))
    ]


@each_row(
    ("schema", "value", "message"),
    [
        ({"type": "integer", "maximum": 50}, 51, "Steps must be 50 or less"),
        ({"type": "integer", "minimum": 1.0}, 0, "Steps must be 1 or more"),
        ({"type": "number", "exclusiveMinimum": 0}, 0, "Steps must be more than 0"),
        ({"type": "number", "minimum": 0, "exclusiveMinimum": True}, 0,
         "Steps must be more than 0"),
        ({"type": "integer", "multipleOf": 8}, 9, "Steps must be a multiple of 8"),
        ({"type": "integer"}, "x", "Steps must be a whole number"),
        ({"type": "integer"}, 1.5, "Steps must be a whole number"),
        ({"type": "string", "maxLength": 3}, "abcd",
         "Steps may have at most 3 characters; it has 4"),
        ({"type": "string", "minLength": 1}, "", "Steps must not be empty"),
        ({"enum": ["a", "b"]}, "c", "Steps must be a or b"),
        ({"type": "array", "maxItems": 1}, [1, 2], "Steps may have at most 1 entry; it has 2"),
        ({"type": "array", "minItems": 1}, [], "Steps needs at least one entry"),
        ({"type": "array", "minItems": 2}, [1], "Steps needs at least 2 entries; it has 1"),
        ({"type": "object", "maxProperties": 1}, {"a": 1, "b": 2},
         "Steps may have at most 1 entry; it has 2"),
        ({"type": "array", "uniqueItems": True}, [1, 1.0],
         "Steps must not have the same entry twice"),
        ({"type": "array", "contains": {"const": 1}}, [2],
         "Steps needs at least 1 entry of the required kind"),
        ({"contains": {"const": 1}, "minContains": 2}, [1],
         "Steps needs at least 2 entries of the required kind"),
        ({"contains": {"const": 1}, "maxContains": 1}, [1, 1],
         "Steps may have at most 1 entry of that kind"),
        ({"prefixItems": [{}], "items": False}, [1, 2], "Steps has more entries than are allowed"),
        ({"items": [{}], "additionalItems": False}, [1, 2],
         "Steps has more entries than are allowed"),
        ({"prefixItems": [{}], "unevaluatedItems": False}, [1, 2],
         "Steps has more entries than are allowed"),
        ({"type": "number", "maximum": 10, "exclusiveMaximum": True}, 10,
         "Steps must be less than 10"),
        ({"type": "number", "maximum": 0.00001}, 1, "Steps must be 0.00001 or less"),
        ({"type": "number", "multipleOf": 0.1}, 0.25, "Steps must be a multiple of 0.1"),
        ({"const": "a"}, "b", "Steps must be a"),
        ({"not": {"const": 1}}, 1, "Steps has a value that is not allowed"),
        (False, 1, "Steps is not allowed"),
        ({"enum": list("abcdefghijkl")}, "z",
         "Steps must be one of its 12 choices, such as a, b or c"),
        ({"enum": [1, True, None, 0.5]}, "z", "Steps must be 1, yes, empty or 0.5"),
        ({"oneOf": [{"type": "integer"}, {"minimum": 1}]}, 5,
         "Steps matches more than one of its allowed forms"),
        ({"propertyNames": {"maxLength": 1}}, {"ab": 1},
         "Steps has the key “ab”, which may have at most 1 character; it has 2"),
        ({"if": {"minimum": 5}, "then": {"maximum": 6}}, 7, "Steps must be 6 or less"),
        ({"if": {"minimum": 5}, "else": {"minimum": 2}}, 1, "Steps must be 2 or more"),
        ({"type": "string", "pattern": "^#[0-9a-f]{6}$", "examples": ["#ff0000"]}, "red",
         "Steps must have the form ^#[0-9a-f]{6}$, such as “#ff0000”"),
        ({"type": "string", "pattern": "^\\p{Lu}"}, "a", "Steps must have the form ^\\p{Lu}"),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, [],
         "Steps must be a text or a whole number"),
        ({"type": "string", "pattern": "^a$"}, "b", "Steps must have the form ^a$"),
    ],
)  # fmt: skip
def test_each_violated_limit_has_a_sentence(schema, value, message):
    reported = problems({"type": "object", "properties": {"steps": schema}}, {"steps": value})
    assert reported == [(("steps",), message)]


@each_row(
    ("schema", "value", "path", "message"),
    [
        ({"dependentRequired": {"a": ["b"]}}, {"a": 1}, ("b",), "B is required together with A"),
        ({"dependencies": {"a": ["b"]}}, {"a": 1}, ("b",), "B is required together with A"),
        ({"dependentSchemas": {"a": {"required": ["b"]}}}, {"a": 1}, ("b",), "B is required"),
        ({"dependencies": {"a": {"required": ["b"]}}}, {"a": 1}, ("b",), "B is required"),
        ({"properties": {"a": {}}, "additionalProperties": False}, {"a": 1, "new_key": 2},
         ("new_key",), "New key is not allowed here"),
        ({"allOf": [{"properties": {"a": {}}}], "unevaluatedProperties": False}, {"a": 1, "b": 2},
         ("b",), "B is not allowed here"),
        ({"properties": {"l": {"items": {"type": "integer"}}}}, {"l": [1, "x"]}, ("l", 1),
         "Item 2 must be a whole number"),
        ({"properties": {"l": {"items": {"properties": {"scale": {"maximum": 4}}}}}},
         {"l": [{"scale": 5}]}, ("l", 0, "scale"), "Scale must be 4 or less"),
        ({"properties": {"r": {"prefixItems": [{"type": "number", "title": "From"}]}}},
         {"r": ["x"]}, ("r", 0), "From must be a number"),
        (
            {
                "properties": {
                    "image_urls": {"type": "array", "items": {"type": "string"}, "minItems": 1}
                }
            },
            {"image_urls": []},
            ("image_urls",),
            "Images needs at least one image",
        ),
        (
            {
                "properties": {
                    "image_urls": {"type": "array", "items": {"type": "string"}, "maxItems": 1}
                }
            },
            {"image_urls": ["a", "b"]},
            ("image_urls",),
            "Images may have at most 1 image; it has 2",
        ),
        ({"properties": {"m": {"additionalProperties": {"maximum": 1}}}}, {"m": {"a": 2}},
         ("m", "a"), "A must be 1 or less"),
        ({"$defs": {"S": {"maximum": 1}}, "properties": {"x": {"$ref": "#/$defs/S"}}}, {"x": 2},
         ("x",), "X must be 1 or less"),
        ({"definitions": {"S": {"maximum": 1}}, "properties": {"x": {"$ref": "#/definitions/S"}}},
         {"x": 2}, ("x",), "X must be 1 or less"),
    ],
)  # fmt: skip
def test_problems_have_the_path_of_their_field(schema, value, path, message):
    assert problems({"type": "object"} | schema, value) == [(path, message)]


@each_row(
    ("schema", "value"),
    [
        ({"type": "number", "multipleOf": 0.1}, 0.3),
        ({"type": "number", "multipleOf": 0.01}, 19.99),
        ({"type": "number", "multipleOf": 0.1}, 0.1 * 14),
        ({"type": "number", "multipleOf": 0.1}, 0.1 * 3),
        ({"type": "integer", "multipleOf": 8}, 10**30 * 8),
        ({"type": "integer"}, 5.0),
        ({"type": "array", "uniqueItems": True}, [1, True, "1", [1], {"a": 1}]),
        ({"nullable": True, "type": "string", "enum": ["a"]}, None),
        ({"nullable": True, "enum": ["a"]}, None),
        ({"nullable": True, "$ref": "#/components/schemas/T"}, None),
        ({"nullable": True, "type": "string", "allOf": [{"minLength": 1}]}, None),
    ],
)
def test_valid_arguments_have_no_problems(schema, value):
    whole = {"type": "object", "properties": {"x": schema}}
    assert problems(whole, {"x": value}, T={"type": "string"}) == []


@pytest.mark.parametrize("pattern", ["^(a+)+$", "(x+x+)+y", "^(([a-z])+.)+[A-Z]([a-z])+$"])
def test_a_pattern_that_takes_too_long_allows_everything(pattern):
    schema = {"type": "array", "items": {"type": "string", "pattern": pattern}}
    started = time.thread_time()
    value = {"x": ["a" * 5000 + "!", "x" * 5000] * 3}
    problems({"type": "object", "properties": {"x": schema}}, value)
    problems({"type": "object", "patternProperties": {pattern: False}}, {"a" * 5000 + "!": 1})
    # 0.1 s each; without the limit, the pattern would run for ever
    assert time.thread_time() - started < 30


@pytest.mark.system
def test_exponential_references_stop_and_allow_everything():
    layers = {
        f"L{n}": {"allOf": [{"$ref": f"#/components/schemas/L{n + 1}"}] * 2} for n in range(40)
    }
    inner = {
        f"P{n}": {"allOf": [{"$ref": f"#/components/schemas/P{n + 1}/allOf/0"}] * 3}
        for n in range(40)
    }
    started = time.thread_time()
    for name in sample(("L0", "P0/allOf/1"), 0, by_seed=1):
        schema = {"$ref": f"#/components/schemas/{name}"}
        whole = {"properties": {"x": schema, "y": schema | {"unevaluatedProperties": False}}}
        assert problems(whole, {"x": {"a": 1}}, **layers, **inner) == []
        problems(whole, {"y": {"a": 1}}, **layers, **inner)
    assert time.thread_time() - started < 30


def test_a_missing_key_is_reported_at_that_key():
    schema = {
        "type": "object",
        "properties": {"prompt": {"type": "string"},
            "loras": {"type": "array",
                "items": {"type": "object", "properties": {"path": {}}, "required": ["path"]}}},
        "required": ["prompt"],
    }  # fmt: skip
    assert problems(schema, {"loras": [{"path": 1}, {}]}) == [
        (("prompt",), "Prompt is required"),
        (("loras", 1, "path"), "Path is required"),
    ]


def test_a_union_reports_its_closest_alternative():
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


def test_null_is_allowed_where_3_0_says_nullable():
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
def test_malformed_schemas_allow_everything(schema):
    assert problems({"type": "object", "properties": {"x": schema}}, {"x": "anything"}) == []


def test_endlessly_recursive_schemas_allow_everything():
    assert problems({"anyOf": [{"$ref": "#/components/schemas/In"}]}, {"x": 1}) == []


@settings(max_examples=laws.cases(6))
@given(strategies.schemas_with_arguments)
def test_validation_never_raises_and_every_problem_has_a_control(case):
    document, value = case
    endpoint_contract = contract(document, "a/b")
    root = build(endpoint_contract)
    reported = validate(endpoint_contract, value, root)
    node = draw(root, post=encode_arguments(root, value), problems=reported)
    assert bool([error for n in node.walk() for error in n.errors]) == bool(reported)


def test_real_documents_accept_their_own_examples(documents):
    from schemas.fields.examples import example

    for endpoint_id, document in documents.items():
        endpoint_contract = contract(document, endpoint_id)
        root = build(endpoint_contract)
        wrong = validate(endpoint_contract, example(root), root)
        assert [p for p in wrong if "required" not in p.message] == []
        assert all(isinstance(p, Problem) for p in wrong)


@each_row(
    "address",
    ["blob:https://a/b", "file:///C:/a.png", "C:\\a.png", "d:/a.png", "\\\\nas\\a", "~/a"],
)
def test_a_file_on_somebodys_computer_is_refused_at_its_field(address):
    schema = {"properties": {"image_url": {"type": "string"}, "prompt": {"type": "string"}}}
    (problem,) = problems(schema, {"image_url": address, "prompt": address})
    assert problem[0] == ("image_url",)
    assert "only your own computer can open" in problem[1]
    assert not problems(schema, {"image_url": "https://a/C:/b"})
