"""A definition goes out as it came in; into the other dialect it keeps its steps."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from flows.graph import checks, reading, writing
from tests.flows.graph.definitions import DOCS_A, ENVELOPE_B, any_definition
from tests.schemas.laws import cases

pytestmark = pytest.mark.any_database


@settings(max_examples=cases(15))
@given(any_definition())
def test_c61_a_definition_is_exported_unchanged(raw: dict[str, Any]) -> None:
    graph = reading.parse_graph(raw)
    assert writing.definition(graph) == raw
    assert writing.definition(reading.load(writing.dumps(graph))) == raw


@pytest.mark.parametrize("raw", [DOCS_A, ENVELOPE_B], ids=["A", "B"])
def test_the_other_dialect_has_the_same_steps_and_the_same_result(raw: dict[str, Any]) -> None:
    graph = reading.parse_graph(raw)
    other = writing.definition(graph, "A" if graph.dialect == "B" else "B")
    turned = reading.parse_graph(other)
    assert turned.dialect != graph.dialect
    assert [(n.id, n.app, n.input) for n in turned.runs] == [
        (n.id, n.app, n.input) for n in graph.runs
    ]
    assert turned.output == graph.output
    assert [*turned.inputs] == [*graph.inputs]
    assert checks.problems(turned) == []


def test_a_saved_workflow_has_no_input_node() -> None:
    written = writing.definition(reading.parse_graph(DOCS_A), "B")
    nodes = written["contents"]["nodes"]
    assert {node["type"] for node in nodes.values()} == {"run", "display"}
    assert written["contents"]["schema"]["input"]["text"]["modelId"] == "draw"
