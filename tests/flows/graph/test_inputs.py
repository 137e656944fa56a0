"""The form's schema, from all three spellings of a workflow's inputs (C64)."""

from __future__ import annotations

from typing import Any

import pytest

from flows.graph import inputs, openapi, reading
from schemas import build, contract
from tests.flows.graph.definitions import CONTENTS_B, DOCS_A, with_nodes

pytestmark = pytest.mark.any_database


def form(raw: dict[str, Any], borrow: inputs.Borrow | None = None) -> dict[str, Any]:
    """Field name → field, as the form has it."""
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


def test_fields_of_dialect_a_have_only_defaults() -> None:
    assert form(DOCS_A)["text"].is_required


def test_a_field_takes_its_type_from_the_model_it_feeds() -> None:
    def borrow(app: str, name: str) -> dict[str, Any] | None:
        schemas = {("own/painter", "image_url"): {"type": "string", "ui": {"field": "image"}}}
        return schemas.get((app, name))

    raw = with_inputs({"thing": {"modelId": "a", "label": "Thing"}}, image_url="$input.thing")
    assert form(raw, borrow)["thing"].media == "image"
    assert form(raw)["thing"].media == ""


def test_a_used_but_undescribed_input_gets_a_field() -> None:
    assert form(with_inputs({}, prompt="$input.idea"))["idea"].kind == "string"


def test_a_workflow_without_inputs_has_an_empty_form() -> None:
    assert form(with_inputs({})) == {}


def test_the_result_names_become_the_output_schema() -> None:
    graph = reading.parse_graph(CONTENTS_B)
    assert openapi.output_schema(graph)["properties"] == {"image": {"title": "Image"}}
