"""Workflow definitions: real ones, and a strategy that generates any."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

DOCS_A: dict[str, Any] = {
    "input": {"id": "input", "type": "input", "depends": [], "input": {"text": ""}},
    "draw": {"id": "draw", "type": "run", "depends": ["input"], "app": "fal-ai/flux/dev",
        "input": {"prompt": "$input.text", "num_images": 1}},
    "output": {"id": "output", "type": "display", "depends": ["draw"],
        "fields": {"picture": "$draw.images.0"}},
}  # fmt: skip
CONTENTS_B: dict[str, Any] = {
    "name": "workflow",
    "version": "1",
    "metadata": {"input": {"position": {"x": 0, "y": 0}}, "description": "Two models in a row."},
    "nodes": {
        "say": {
            "type": "run",
            "id": "say",
            "depends": ["input"],
            "app": "openrouter/router",
            "input": {"prompt": "$input.idea", "model": "google/gemini-2.5-flash"},
            "metadata": {"position": {"x": 300, "y": 0}},
        },
        "draw": {
            "type": "run",
            "id": "draw",
            "depends": ["say"],
            "app": "fal-ai/flux/dev",
            "input": {"prompt": "$say.output"},
        },
        "output": {
            "type": "display",
            "id": "output",
            "depends": ["draw"],
            "input": {},
            "fields": {"image": "$draw.images.0.url"},
        },
    },
    "output": {"image": "$draw.images.0.url"},
    "schema": {
        "input": {
            "idea": {
                "name": "idea",
                "label": "Idea",
                "type": "string",
                "required": True,
                "modelId": "say",
            }
        },
        "output": {"image": {"name": "image", "label": "Image", "type": "string"}},
    },
}
ENVELOPE_B: dict[str, Any] = {
    "name": "two-step",
    "title": "Two step",
    "is_public": False,
    "contents": CONTENTS_B,
}


def with_nodes(**nodes: dict[str, Any]) -> dict[str, Any]:
    """Return contents of dialect B with these run nodes."""
    full = {
        key: {"type": "run", "id": key, "app": "a/b", "depends": [], "input": {}} | node
        for key, node in nodes.items()
    }
    return {"name": "workflow", "version": "1", "nodes": full, "output": {}, "schema": {}}


_json = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["", "x", "$a.b", "$input.x"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)
_ids = st.sampled_from(["a", "a.b", "a/b_1", "node-1", "output", "x"])


@st.composite
def any_definition(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a definition of either dialect, with arbitrary further content."""
    is_a = draw(st.booleans())
    kinds = st.sampled_from(["run", "display", "input", "model", "note"])
    nodes = {}
    for key in draw(st.lists(_ids, min_size=1, max_size=4, unique=True)):
        node: dict[str, Any] = {
            "type": draw(kinds),
            "id": key,
            "depends": draw(st.lists(_ids, max_size=2)),
        }
        for name in ("app", "input", "fields", "metadata", "unknown"):
            if draw(st.booleans()):
                node[name] = "own/model" if name == "app" else draw(_json)
        nodes[key] = node
    if is_a:
        return nodes
    contents: dict[str, Any] = {"nodes": nodes}
    for name in ("name", "version", "output", "schema", "metadata", "more"):
        if draw(st.booleans()):
            contents[name] = draw(_json)
    return {"name": "n", "contents": contents} if draw(st.booleans()) else contents
