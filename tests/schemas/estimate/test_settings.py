"""The values of a run that a price may depend on."""

from __future__ import annotations

from typing import Any

import pytest

from schemas import build, contract
from schemas.estimate.settings import plain_values, read_settings

PROPERTIES = {
    "prompt": {"type": "string"},
    "resolution": {"enum": ["720p", "1080p"], "default": "720p"},
    "generate_audio": {"type": "boolean", "default": True},
    "num_inference_steps": {"type": "integer", "default": 28},
    "strength": {"type": "number"},
    "seed": {"type": "integer"},
    "voice": {"type": "string", "default": "Aria"},
    "image_url": {"type": "string", "format": "uri"},
    "image_size": {"anyOf": [{"type": "object",
             "properties": {"width": {"type": "integer"}, "height": {"type": "integer"}}},
            {"enum": ["square_hd", "landscape_4_3"]}], "default": "landscape_4_3"},
}  # fmt: skip
DEFAULTS = {
    "resolution": "720p",
    "generate_audio": "true",
    "num_inference_steps": "28",
    "image_size": "landscape_4_3",
}


@pytest.mark.parametrize(
    ("arguments", "changed"),
    [
        ({}, {}),
        ({"prompt": "a secret", "seed": 7, "voice": "Client X"}, {}),
        ({"resolution": "1080p"}, {"resolution": "1080p"}),
        ({"generate_audio": False}, {"generate_audio": "false"}),
        ({"strength": 0.5}, {"strength": "0.5"}),
        ({"num_inference_steps": 4.0}, {"num_inference_steps": "4"}),
        ({"image_size": {"height": 768, "width": 512}}, {"image_size": "512 × 768"}),
    ],
)
def test_choices_switches_and_numbers_are_read_but_no_texts(
    arguments: dict[str, Any], changed: dict[str, str]
) -> None:
    schema = {"type": "object", "properties": PROPERTIES}
    document = {
        "openapi": "3.0.4",
        "paths": {
            "/": {"post": {"requestBody": {"content": {"application/json": {"schema": schema}}}}}
        },
    }
    root = build(contract(document, "acme/paint"))
    values = plain_values(read_settings(root, arguments))
    assert values == DEFAULTS | changed


def test_nothing_offered_is_left_out() -> None:
    root = build(contract(None, "acme/paint"))
    assert plain_values(read_settings(root, {"resolution": "4K"})) == {}
