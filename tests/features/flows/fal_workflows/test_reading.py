"""The reader accepts both dialects and refuses an unreadable definition with a reason (C61)."""

import json
from typing import Any

import pytest

from features.flows.fal_workflows import openapi, reading
from schemas import build, contract
from tests.features.flows.fal_workflows.definitions import (
    CONTENTS_B,
    DOCS_A,
    ENVELOPE_B,
    with_nodes,
)
from tests.tables import each_row

pytestmark = pytest.mark.any_database
PAINTER, WRITER = "fal-ai/flux/dev", "openrouter/router"


def load(raw: Any) -> reading.Workflow:
    return reading.load(json.dumps(raw))


@each_row(
    ("raw", "fields", "models"),
    [
        pytest.param(DOCS_A, ["text"], [PAINTER], id="flat"),
        pytest.param(CONTENTS_B, ["idea"], [WRITER, PAINTER], id="contents"),
        pytest.param(ENVELOPE_B, ["idea"], [WRITER, PAINTER], id="envelope"),
        pytest.param({"workflow": ENVELOPE_B}, ["idea"], [WRITER, PAINTER], id="platform"),
        pytest.param({"input": {}, "workflow": DOCS_A}, ["text"], [PAINTER], id="inline"),
        pytest.param({"nodes": [], "edges": []}, [], [], id="empty-list"),
        pytest.param({"nodes": {"a": {"type": "model", "app": "a/b"}}}, [], [], id="unknown-kind"),
        pytest.param({"nodes": {"a": {"type": "run", "input": 7}}}, [], [], id="odd"),
    ],
)
def test_c61_every_spelling_is_read(raw, fields, models):
    workflow = load(raw)
    assert ([*openapi.fields_of(workflow)], workflow.endpoint_ids) == (fields, models)


def test_missing_parts_of_an_editor_copy_are_filled_in():
    bare = {key: CONTENTS_B[key] for key in ("name", "nodes")}
    assert load(bare).output == {"image": "$draw.images.0.url"}


@each_row(
    ("text", "message"),
    [
        pytest.param("{", "This is not JSON", id="no-json"),
        pytest.param('{"a": 1}', "not a workflow of fal", id="other"),
        pytest.param("[" * 100_000, "nested too deep", id="brackets"),
        pytest.param("[" + "1," * 100_000 + "1]", "more than 100,000 values", id="many-values"),
        pytest.param(json.dumps({"nodes": {"a": {"type": "run"}},
                 "schema": {"input": {f"x{n}": {} for n in range(1001)}}}), "1,001 fields",
            id="many-fields"),
    ],
)  # fmt: skip
def test_an_unreadable_definition_is_refused_with_a_reason(text, message):
    with pytest.raises(reading.Unreadable, match=message):
        reading.load(text)


def form(raw: dict[str, Any], borrow: openapi.Borrow | None = None) -> dict[str, Any]:
    """Return the fields of a workflow's form, by name."""
    document = openapi.document(load(raw), "workflows/ana/flow", borrow)
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
def test_c64_an_editor_field_becomes_a_form_field(described, kind, is_required):
    field = form(with_inputs({"x": {"label": "The thing", **described}}))["x"]
    assert (field.kind, field.is_required, field.label) == (kind, is_required, "The thing")


def test_a_field_takes_its_type_from_the_model_it_feeds():
    def borrow(app: str, name: str) -> dict[str, Any] | None:
        schemas = {("own/painter", "image_url"): {"type": "string", "ui": {"field": "image"}}}
        return schemas.get((app, name))

    raw = with_inputs({"thing": {"modelId": "a", "label": "Thing"}}, image_url="$input.thing")
    assert form(raw, borrow)["thing"].media == "image"
    assert form(raw)["thing"].media == ""


def test_a_used_but_undescribed_input_gets_a_field():
    assert form(with_inputs({}, prompt="$input.idea"))["idea"].kind == "string"
