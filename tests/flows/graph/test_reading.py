"""Both dialects are read; an unreadable definition is refused with a reason (C61)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flows.graph import reading, writing
from tests.flows.graph.definitions import CONTENTS_B, DOCS_A, ENVELOPE_B

pytestmark = pytest.mark.any_database


@pytest.mark.parametrize(
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
    written = writing.definition(reading.parse_graph(writing.definition(graph, "A")), "B")
    assert written["contents"]["version"] == "1"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("{", "This is not JSON", id="no-json"),
        pytest.param("[1]", "not a workflow of fal", id="list"),
        pytest.param('{"a": 1}', "not a workflow of fal", id="other"),
        pytest.param(b"\xff\xfe", "UTF-8", id="bytes"),
        pytest.param("[" * 100_000, "nested too deep", id="brackets"),
        pytest.param('{"x": "' + "y" * 5_000_000 + '"}', "5.0 MB", id="five-megabytes"),
        pytest.param(
            json.dumps({"nodes": {str(at): {"type": "run"} for at in range(501)}}),
            "501 nodes",
            id="many",
        ),
        pytest.param(
            '{"nodes": {"a": {"type": "run", "input": ' + '{"a":' * 90 + "1" + "}" * 93,
            "nested too deep",
            id="deep-input",
        ),
        pytest.param("[" + "1," * 100_000 + "1]", "more than 100,000 values", id="many-values"),
        pytest.param(
            json.dumps({"nodes": {"a" * 300: {"type": "run"}}}), "300 characters", id="long-id"
        ),
        pytest.param(
            json.dumps({"nodes": {"a": {"type": "run", "input": {"x": "$a" + ".a" * 500}}}}),
            "longer than 1,000 characters",
            id="long-reference",
        ),
        pytest.param(
            json.dumps({"nodes": {"a": {"type": "run", "input": {"x": ["$a"] * 5001}}}}),
            "more than 5,000 references",
            id="tangled",
        ),
        pytest.param(
            json.dumps(
                {
                    "nodes": {"a": {"type": "run"}},
                    "schema": {"input": {f"x{n}": {} for n in range(1001)}},
                }
            ),
            "1,001 fields",
            id="many-fields",
        ),
    ],
)
def test_an_unreadable_definition_is_refused_with_a_reason(text: str | bytes, message: str) -> None:
    with pytest.raises(reading.Unreadable, match=message):
        reading.load(text)
