"""Each error of a graph names its node (C62, C63)."""

from __future__ import annotations

from typing import Any

import pytest

from flows.graph import checks, reading
from flows.graph.references import Unresolved, parse, resolve
from tests.flows.graph.definitions import CONTENTS_B, DOCS_A, with_nodes

pytestmark = pytest.mark.any_database


@pytest.mark.parametrize(
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


@pytest.mark.parametrize("raw", [DOCS_A, CONTENTS_B], ids=["A", "B"])
def test_the_documented_examples_are_valid(raw: dict[str, Any]) -> None:
    assert checks.problems(reading.parse_graph(raw)) == []


def test_c63_a_reference_is_resolved_by_the_longest_known_node() -> None:
    nodes = {"a", "a.b", "fal_ai/bytedance/v4/edit_2"}
    assert parse("$a.b.images.0", nodes).node == "a.b"
    assert parse("$a.c", nodes).path == ("c",)
    assert parse("$fal_ai/bytedance/v4/edit_2.url", nodes).path == ("url",)
    assert parse("$input.x", nodes).node == "input"
    assert parse("$ab.c", nodes).node == ""


def test_a_reference_must_be_the_whole_text_and_keeps_its_type() -> None:
    results = {"a": {"images": [{"url": "u"}], "seed": 7}}
    value = {"x": ["$a.images.0", "$a.seed", "of $a.seed"]}
    assert resolve(value, results, results) == {"x": [{"url": "u"}, 7, "of $a.seed"]}
    with pytest.raises(Unresolved, match=r"\$a.images.3"):
        resolve("$a.images.3", results, results)
