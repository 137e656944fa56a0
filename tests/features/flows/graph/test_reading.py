"""The reader accepts both dialects and refuses an unreadable definition with a reason (C61)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings

from features.flows.graph import checks, openapi, reading
from features.flows.graph.graph import order
from features.flows.graph.references import parse
from schemas import build, contract
from tests.features.flows.graph.definitions import (
    CONTENTS_B,
    DOCS_A,
    ENVELOPE_B,
    any_definition,
    with_nodes,
)
from tests.schemas.laws import cases
from tests.tables import each_row

pytestmark = pytest.mark.any_database


@each_row(
    ("raw", "dialect", "ids"),
    [
        pytest.param(DOCS_A, "A", ["input", "draw", "output"], id="flat"),
        pytest.param(CONTENTS_B, "B", ["say", "draw", "output"], id="contents"),
        pytest.param(ENVELOPE_B, "B", ["say", "draw", "output"], id="envelope"),
        pytest.param({"workflow": ENVELOPE_B}, "B", ["say", "draw", "output"], id="platform"),
        pytest.param({"input": {}, "workflow": DOCS_A}, "A", [*DOCS_A], id="inline"),
        pytest.param({"nodes": [], "edges": []}, "B", [], id="empty-list"),
        pytest.param({"nodes": {"a": {"type": "model"}}}, "B", ["a"], id="unknown-kind"),
    ],
)
def test_c61_every_spelling_is_read(raw: dict[str, Any], dialect: str, ids: list[str]) -> None:
    graph = reading.parse_graph(raw)
    assert (graph.dialect, [*graph.nodes]) == (dialect, ids)


def test_missing_parts_of_an_editor_copy_are_filled_in() -> None:
    bare = {key: CONTENTS_B[key] for key in ("name", "nodes")}
    graph = reading.parse_graph(bare)
    assert graph.output == {"image": "$draw.images.0.url"}


@each_row(
    ("text", "message"),
    [
        pytest.param("{", "This is not JSON", id="no-json"),
        pytest.param("[1]", "not a workflow of fal", id="list"),
        pytest.param('{"a": 1}', "not a workflow of fal", id="other"),
        pytest.param(b"\xff\xfe", "UTF-8", id="bytes"),
        pytest.param("[" * 100_000, "nested too deep", id="brackets"),
        pytest.param('{"x": "' + "y" * 5_000_000 + '"}', "5.0 MB", id="five-megabytes"),
        pytest.param(json.dumps({"nodes": {str(at): {"type": "run"} for at in range(501)}}),
            "501 nodes", id="many"),
        pytest.param('{"nodes": {"a": {"type": "run", "input": ' + '{"a":' * 90 + "1" + "}" * 93,
            "nested too deep", id="deep-input"),
        pytest.param("[" + "1," * 100_000 + "1]", "more than 100,000 values", id="many-values"),
        pytest.param(json.dumps({"nodes": {"a" * 300: {"type": "run"}}}), "300 characters",
            id="long-id"),
        pytest.param(
            json.dumps({"nodes": {"a": {"type": "run", "input": {"x": "$a" + ".a" * 500}}}}),
            "longer than 1,000 characters",
            id="long-reference",
        ),
        pytest.param(json.dumps({"nodes": {"a": {"type": "run", "input": {"x": ["$a"] * 5001}}}}),
            "more than 5,000 references", id="tangled"),
        pytest.param(json.dumps({"nodes": {"a": {"type": "run"}},
                 "schema": {"input": {f"x{n}": {} for n in range(1001)}}}), "1,001 fields",
            id="many-fields"),
    ],
)  # fmt: skip
def test_an_unreadable_definition_is_refused_with_a_reason(text: str | bytes, message: str) -> None:
    with pytest.raises(reading.Unreadable, match=message):
        reading.load(text)


@settings(max_examples=cases(15))
@given(any_definition())
def test_c61_any_definition_is_kept_as_it_came_and_has_an_order(raw: dict[str, Any]) -> None:
    graph = reading.parse_graph(raw)
    assert graph.raw == raw
    done, stuck = order(graph)
    assert sorted([*done, *stuck]) == sorted(graph.nodes)


@each_row(
    ("raw", "node", "message"),
    [
        pytest.param(with_nodes(a={"depends": ["c"]}, b={"depends": ["a"]}, c={"depends": ["b"]}),
            "a", "in a circle: a → b → c → a", id="circle"),
        pytest.param(with_nodes(a={"depends": ["a"]}), "a", "depends on itself", id="itself"),
        pytest.param(with_nodes(a={"depends": ["z"]}), "a", "“z”, a node that is", id="depends"),
        pytest.param(with_nodes(a={"input": {"p": ["$z.q"]}}), "a", "“p.0” reads $z.q: there",
            id="reference"),
        pytest.param(with_nodes(a={}, b={"input": {"p": "$a.x"}}), "b", "“depends” does not",
            id="undeclared"),
        pytest.param(with_nodes(a={"id": "b"}), "a", "its key is another", id="id"),
        pytest.param(with_nodes(a={"app": ""}), "a", "which model it calls", id="no-app"),
        pytest.param(with_nodes(), "", "calls no model", id="empty"),
    ],
)  # fmt: skip
def test_c62_an_error_names_its_node(raw: dict[str, Any], node: str, message: str) -> None:
    errors = checks.errors(reading.parse_graph(raw))
    assert any(error.node == node and message in error.message for error in errors), errors


def test_an_unknown_node_kind_gives_only_a_warning() -> None:
    raw = with_nodes(a={})
    raw["nodes"]["note"] = {"type": "sticky", "id": "note"}
    (problem,) = checks.problems(reading.parse_graph(raw))
    assert problem.is_warning
    assert "“sticky” is unknown here" in problem.message


def test_c63_a_reference_is_resolved_by_the_longest_known_node() -> None:
    nodes = {"a", "a.b", "fal_ai/bytedance/v4/edit_2"}
    assert parse("$a.b.images.0", nodes).node == "a.b"
    assert parse("$a.c", nodes).path == ("c",)
    assert parse("$fal_ai/bytedance/v4/edit_2.url", nodes).path == ("url",)
    assert parse("$input.x", nodes).node == "input"
    assert parse("$ab.c", nodes).node == ""


def form(raw: dict[str, Any], borrow: openapi.Borrow | None = None) -> dict[str, Any]:
    """Return the fields of a workflow's form, by name."""
    document = openapi.document(reading.parse_graph(raw), "workflows/ana/flow", borrow)
    root = build(contract(document, "workflows/ana/flow"))
    return {child.name: child for child in root.children}


def with_inputs(described: dict[str, Any], **read: Any) -> dict[str, Any]:
    raw = with_nodes(a={"app": "own/painter", "depends": ["input"], "input": read})
    return raw | {"schema": {"input": described}}


@pytest.mark.parametrize(
    ("described", "kind", "is_required"),
    [
        pytest.param({"type": "string", "required": True}, "string", True, id="editor"),
        pytest.param({"type": "string"}, "string", True, id="platform"),
        pytest.param({"type": "integer", "default": 3}, "integer", False, id="default"),
        pytest.param({"type": {"kind": "list", "elementType": "number"}}, "list", True, id="list"),
        pytest.param({"modelId": "a"}, "string", True, id="untyped"),
    ],
)
def test_c64_an_editor_field_becomes_a_form_field(
    described: dict[str, Any], kind: str, is_required: bool
) -> None:
    field = form(with_inputs({"x": {"label": "The thing", **described}}))["x"]
    assert (field.kind, field.is_required, field.label) == (kind, is_required, "The thing")


def test_an_sdk_field_is_a_complete_json_schema() -> None:
    schema = {
        "title": "Input",
        "type": "object",
        "properties": {"x": {"type": "integer", "minimum": 2}, "y": {"type": "string"}},
        "required": ["x"],
    }
    fields = form(with_inputs(schema))
    assert (fields["x"].minimum, fields["x"].is_required, fields["y"].is_required) == (
        2,
        True,
        False,
    )


def test_a_field_takes_its_type_from_the_model_it_feeds() -> None:
    def borrow(app: str, name: str) -> dict[str, Any] | None:
        schemas = {("own/painter", "image_url"): {"type": "string", "ui": {"field": "image"}}}
        return schemas.get((app, name))

    raw = with_inputs({"thing": {"modelId": "a", "label": "Thing"}}, image_url="$input.thing")
    assert form(raw, borrow)["thing"].media == "image"
    assert form(raw)["thing"].media == ""


def test_a_used_but_undescribed_input_gets_a_field() -> None:
    assert form(with_inputs({}, prompt="$input.idea"))["idea"].kind == "string"


def test_the_result_names_become_the_output_schema() -> None:
    graph = reading.parse_graph(CONTENTS_B)
    assert openapi.output_schema(graph)["properties"] == {"image": {"title": "Image"}}
