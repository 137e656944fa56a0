"""Flows taken out and in: nothing is lost between our own JSON and fal's two notations."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flows import transfer
from flows.compose.definition import Definition, Input, Invalid, Step, Wire
from flows.graph import reading
from tests.tables import each_row

A = {
    "input": {"id": "input", "type": "input", "depends": [], "input": {"text": "", "n": 2}},
    "draw": {
        "id": "draw", "type": "run", "depends": ["input"], "app": "fal-ai/flux/dev",
        "input": {"prompt": "$input.text", "num_images": "$input.n", "loras": []},
    },
    "join": {
        "id": "join", "type": "run", "depends": ["draw", "input"], "app": "lab/join",
        "input": {"urls": ["https://x.y/1.png", "$draw.images.0.url", "$input.text", "last"]},
    },
    "output": {
        "id": "output", "type": "display", "depends": ["join"], "fields": {"p": "$join.image"},
    },
}  # fmt: skip
FLOW = Definition(
    (
        Step("s1", "fal-ai/flux/dev", {"prompt": "a fox", "num_images": 2}),
        Step("s2", "lab/join", {"urls": ["x", "y"]}, (Wire(("urls", 1), "s1", ("images", 0)),)),
        Step("s3", "lab/up", {"opts": {}}, (Wire(("opts", "image"), "s1", ("images", 1, "url")),)),
    ),
    (Input("prompt", "Prompt", (("s1", ("prompt",)),)),),
)
CIRCLE = {"id": "s", "endpoint": "a/b", "wires": [{"to": ["x"], "step": "s", "path": []}]}


def changed(node: str, **values: Any) -> bytes:
    return json.dumps({**A, node: {**A[node], **values}}).encode()


def test_an_imported_workflow_is_exported_unchanged() -> None:
    imported = transfer.load(json.dumps(A).encode())
    draw, join = imported.definition.steps
    assert draw.arguments == {"num_images": 2, "loras": []}
    assert join.arguments == {"urls": ["https://x.y/1.png", "", "last"]}
    assert join.wires == (Wire(("urls", 1), "draw", ("images", 0, "url")),)
    text, number = imported.definition.inputs
    assert text.targets == (("draw", ("prompt",)), ("join", ("urls", 1)))
    assert number.targets == (("draw", ("num_images",)),)
    assert transfer.export_workflow("x", imported.definition, {}, "A", imported.document) == A
    other = transfer.export_workflow("x", imported.definition, {}, "B", imported.document)
    assert other["contents"]["nodes"]["join"]["input"] == A["join"]["input"]


@pytest.mark.parametrize("dialect", ["A", "B"])
def test_a_flow_round_trips_through_both_dialects(dialect: Any) -> None:
    document = transfer.export_workflow("Fox", FLOW, {}, dialect)
    again = transfer.load(json.dumps(document).encode()).definition
    assert again.steps == FLOW.steps
    assert [flow_input.targets for flow_input in again.inputs] == [
        flow_input.targets for flow_input in FLOW.inputs
    ]
    assert reading.parse_graph(document).output == {"result": "$s2", "result_2": "$s3"}


@each_row(
    ("content", "message"),
    [
        pytest.param(b"{", "not JSON", id="no-json"),
        pytest.param(b"[]", "not a workflow of fal", id="no-workflow"),
        pytest.param(b" " * 5_000_000, "5.0 MB", id="five-megabytes"),
        pytest.param(b"[" * 100_000, "nested too deep", id="deep"),
        pytest.param(
            changed("draw", depends=["join"], input={"prompt": "$join.x"}), "circle", id="circle"
        ),
        pytest.param(changed("join", input={"a": "$gone.x"}), "no node “gone”", id="missing"),
        pytest.param(changed("join", input={"a": "$input.text.0"}), "a part of", id="part"),
        pytest.param(
            json.dumps({"steps": [{"id": str(n), "endpoint": "a/b"} for n in range(11)]}).encode(),
            "has 11 steps",
            id="eleven-steps",
        ),
        pytest.param(
            json.dumps({"steps": [CIRCLE]}).encode(),
            "in a circle: 1 → 1",
            id="own-circle",
        ),
        pytest.param(
            json.dumps(
                {
                    "nodes": {
                        "a": {"type": "run", "app": "a/b", "depends": ["input"],
                              "input": {f"x{n}": "$input.x" for n in range(50)}}
                    },
                    "schema": {"input": {"x": {"type": "string", "default": "x" * 100_000}}},
                }
            ).encode(),
            "too large",
            id="repeated-default",
        ),
        pytest.param(
            json.dumps({"steps": [{"id": "s"}]}).encode(), "Step 1 has no id or", id="no-model"
        ),
    ],
)  # fmt: skip
def test_an_invalid_flow_file_is_refused_with_a_reason(content: bytes, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        transfer.load(content)


def test_texts_fal_would_read_as_references_are_not_exported() -> None:
    flow = Definition((Step("s1", "a/b", {"prompt": "$5 for a fox"}),))
    with pytest.raises(Invalid, match=r"Step 1 has a value that begins with"):
        transfer.export_workflow("x", flow, {}, "A")
    assert transfer.export_own("x", flow)["steps"][0]["arguments"] == {"prompt": "$5 for a fox"}


def test_values_too_deep_for_a_workflow_are_not_exported() -> None:
    deep: dict[str, object] = {}
    for _ in range(80):
        deep = {"x": deep}
    flow = Definition((Step("s1", "a/b", deep),))
    with pytest.raises(Invalid, match="nested too deep"):
        transfer.export_workflow("x", flow, {}, "B")
