"""The picture of a graph: each box once, nothing from a definition as markup."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings

from flows.graph import reading, svg
from flows.graph.layout import HEIGHT, WIDTH, layout
from tests.flows.graph.definitions import CONTENTS_B, any_definition, with_nodes
from tests.schemas.laws import cases

pytestmark = pytest.mark.any_database
SVG = "{http://www.w3.org/2000/svg}"


@settings(max_examples=cases(15))
@given(any_definition())
def test_any_definition_is_drawn_as_well_formed_svg(raw: dict[str, Any]) -> None:
    graph = reading.parse_graph(raw)
    boxes = layout(graph).boxes
    assert {box.id for box in boxes} >= {*graph.nodes}
    assert len({(box.x, box.y) for box in boxes}) == len(boxes)
    ElementTree.fromstring(svg.draw(graph))


def test_characters_invalid_in_xml_are_replaced() -> None:
    graph = reading.parse_graph(with_nodes(**{"a\x01b": {"app": "x/\x0b\ufffe"}}))
    assert "a\N{REPLACEMENT CHARACTER}b" in svg.draw(graph)
    ElementTree.fromstring(svg.draw(graph))


def test_boxes_do_not_overlap() -> None:
    boxes = layout(reading.parse_graph(forty_nodes())).boxes
    for at, box in enumerate(boxes):
        for other in boxes[at + 1 :]:
            assert abs(box.x - other.x) >= WIDTH or abs(box.y - other.y) >= HEIGHT


def test_texts_of_a_definition_are_escaped() -> None:
    raw = with_nodes(**{"<script>": {"app": '"><img src=x>'}})
    drawn = svg.draw(reading.parse_graph(raw), title="<b>")
    assert "<script" not in drawn
    assert "<img" not in drawn
    assert "<b>" not in drawn


def test_a_box_has_a_link_a_state_and_a_state_symbol() -> None:
    faces = {"draw": svg.Face("FLUX", "draw", "/models/fal-ai/flux/dev", "failed")}
    root = ElementTree.fromstring(
        svg.draw(reading.parse_graph(CONTENTS_B), faces, title="Two step")
    )
    box = next(g for g in root.iter(f"{SVG}g") if g.get("data-state") == "failed")
    link = box.find(f"{SVG}a")
    assert link is not None
    assert link.get("href") == "/models/fal-ai/flux/dev"
    assert "FLUX · draw · failed" in [text.text for text in link.iter(f"{SVG}title")]
    assert "✕" in [text.text for text in link.iter(f"{SVG}text")]
    assert next(root.iter(f"{SVG}title")).text == "Two step"


def forty_nodes() -> dict[str, Any]:
    """Forty run nodes, each after the three before it."""
    nodes = {}
    for at in range(40):
        before = [f"n{number}" for number in range(max(0, at - 3), at)]
        read = [f"${predecessor}.images.0" for predecessor in before]
        nodes[f"n{at}"] = {"depends": before or ["input"], "input": {"a": read, "p": "$input.x"}}
    return with_nodes(**nodes)
