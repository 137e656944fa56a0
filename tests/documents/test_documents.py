"""The invented documents have every construct of fal's, so the tests need no others."""

from collections.abc import Iterator
from typing import Any

from tests.documents import document_ids, invented, invented_ids, read_document, summary
from tests.sandbox.contract.test_schemas import nodes

# Protocol, section 4.3: the keywords in the census, and those that fal's generator also writes.
KEYWORDS = {
    *("type", "description", "title", "default", "properties", "required", "enum", "items"),
    *("x-fal-order-properties", "additionalProperties", "minimum", "maximum", "exclusiveMinimum"),
    *("examples", "$ref", "anyOf", "allOf", "oneOf", "minItems", "maxItems", "minLength"),
    *("maxLength", "format", "ui", "_fal_ui_field", "x-fal", "max_file_size", "max_pixels"),
    *("min_width", "limit_description", "const", "pattern", "prefixItems", "nullable"),
    *("multipleOf", "deprecated", "enumDescriptions"),
}
DEEPEST = 4  # shots, their camera, its path, and the easing of a waypoint along a curve


def schemas() -> Iterator[dict[str, Any]]:
    for name in invented_ids():
        yield from nodes(invented(name)["components"]["schemas"])


def test_every_keyword_of_the_census_is_there():
    assert KEYWORDS - {key for schema in schemas() for key in schema} == set()


def test_every_shape_of_a_choice_is_there():
    def shape(branch: dict[str, Any]) -> str:
        kind = "enum" if "enum" in branch else branch.get("type", "$ref")
        return str(kind)

    chosen = [schema["anyOf"] for schema in schemas() if "anyOf" in schema]
    shapes = {tuple(map(shape, branches)) for branches in chosen}
    nullable = {(kind, "null") for kind in ("integer", "number", "string", "enum", "$ref")}
    assert nullable | {("$ref", "enum"), ("enum", "$ref"), ("enum", "string")} <= shapes
    assert {"string", "integer"} <= {type_of_enum(schema) for schema in schemas()}


def type_of_enum(schema: dict[str, Any]) -> str:
    return str(schema.get("type")) if "enum" in schema else ""


def test_objects_are_nested_refer_to_themselves_and_dangle():
    components = invented("lab/composer")["components"]["schemas"]

    def depth(schema: Any, seen: tuple[str, ...] = ()) -> int:
        if isinstance(schema, list):
            return max((depth(item, seen) for item in schema), default=0)
        if not isinstance(schema, dict):
            return 0
        name = str(schema.get("$ref", "")).rpartition("/")[2]
        if name in components and name not in seen:
            return 1 + depth(components[name], (*seen, name))
        return max((depth(item, seen) for item in schema.values()), default=0)

    assert depth(components["ComposerInput"]) >= DEEPEST
    assert components["Scene"]["properties"]["parts"]["items"]["$ref"].endswith("/Scene")
    assert "NowhereDefined" not in components


def test_the_summary_names_what_the_tests_ran_on():
    assert f"{len(invented_ids())} invented documents" in summary()
    assert all(read_document(name)["paths"] for name in document_ids())
