"""Workflow definitions as fal sends them."""

from typing import Any

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
