"""A result put into arguments: the field holds it, and nothing else changes."""

from __future__ import annotations

from typing import Any

from schemas.document.openapi import Contract
from schemas.fields.field_tree import build
from schemas.form.decode import decode_post
from schemas.form.encode import encode_arguments
from schemas.uses.placing import place, values_at
from tests.tables import each_row

TEXT = {"type": "string"}
LORA = {"type": "object", "properties": {"path": TEXT, "scale": {"type": "number", "default": 1}}}
ROOT = build(
    Contract(
        {},
        {
            "type": "object",
            "properties": {
                "prompt": TEXT,
                "image_url": TEXT,
                "image_urls": {"type": "array", "items": TEXT, "maxItems": 3},
                "loras": {"type": "array", "items": LORA},
                "file": {"type": "object", "properties": {"url": TEXT, "file_name": TEXT}},
                "either": {"anyOf": [TEXT, {"type": "array", "items": TEXT, "maxItems": 1}]},
                "a.b": TEXT,
            },
        },
        None,
    )
)


@each_row(
    ("before", "path", "after"),
    [
        ({"prompt": "x"}, "image_url", {"prompt": "x", "image_url": "/f"}),
        ({"image_url": "/old"}, "image_url", {"image_url": "/f"}),
        ({}, "image_urls.*", {"image_urls": ["/f"]}),
        ({"image_urls": ["/a"]}, "image_urls.*", {"image_urls": ["/a", "/f"]}),
        ({"image_urls": ["/f", "/a"]}, "image_urls.*", {"image_urls": ["/f", "/a"]}),
        ({"image_urls": ["1", "2", "3"]}, "image_urls.*", {"image_urls": ["1", "2", "/f"]}),
        ({}, "loras.*.path", {"loras": [{"path": "/f"}]}),
        (
            {"loras": [{"path": "/a", "scale": 0.5}]},
            "loras.*.path",
            {"loras": [{"path": "/a", "scale": 0.5}, {"path": "/f"}]},
        ),
        ({"loras": [{"path": "/f"}]}, "loras.*.path", {"loras": [{"path": "/f"}]}),
        ({"loras": "not a list"}, "loras.*.path", {"loras": [{"path": "/f"}]}),
        ({}, "file.url", {"file": {"url": "/f"}}),
        ({"either": ["/a"]}, "either.*", {"either": ["/f"]}),
        ({}, "a%2Eb", {"a.b": "/f"}),
    ],
)
def test_place_writes_a_value_at_a_path(
    before: dict[str, Any], path: str, after: dict[str, Any]
) -> None:
    before_text = repr(before)
    placed = place(ROOT, before, path, "/f")
    assert placed == after
    assert repr(before) == before_text
    assert place(ROOT, placed, path, "/f") == placed
    assert "/f" in values_at(placed, path)
    assert decode_post(ROOT, encode_arguments(ROOT, placed)).arguments == placed


def test_values_at_is_empty_if_the_path_is_unset() -> None:
    assert values_at({"image_urls": None, "loras": 3}, "image_urls.*") == []
    assert values_at({"loras": [1, {}, {"path": "/a"}]}, "loras.*.path") == ["/a"]
