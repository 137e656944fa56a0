"""What a media field takes: its kind by hint or name, its limits by fal's own words."""

from __future__ import annotations

from typing import Any

import pytest

from schemas import Field, build, contract
from tests.schemas import strategies


def field(schema: Any, name: str = "image_url", **components: Any) -> Field:
    """The field of one property."""
    document = strategies.document({"type": "object", "properties": {name: schema}})
    document["components"]["schemas"] |= components
    return build(contract(document, "a/b")).children[0]


@pytest.mark.parametrize(
    ("schema", "known", "words"),
    [
        ({"max_file_size": 10_000_000}, {"max_file_size": 10_000_000}, "up to 10 MB"),
        ({"max_file_size": 512}, {"max_file_size": 512}, "up to 512 bytes"),
        (
            {"max_width": 9, "x-fal": {"max_width": 4096, "min_width": 64}},
            {"min_width": 64, "max_width": 4096},
            "64\u20134096 px wide",
        ),
        ({"x-fal": {"max_area": 4_000_000}}, {"max_area": 4_000_000}, "up to 4 megapixels"),
        ({"max_pixels": 4_194_304}, {"max_area": 4_194_304}, "up to 4.2 megapixels"),
        (
            {"min_area": 65_536, "max_area": 1_048_576},
            {"min_area": 65_536, "max_area": 1_048_576},
            "0.07\u20131 megapixels",
        ),
        ({"max_area": 4096}, {"max_area": 4096}, "up to 4096 pixels"),
        ({"x-fal": {"multiple_of": 8}}, {"multiple_of": 8}, "sides in steps of 8 px"),
        (
            {"min_duration": 2, "max_duration": 10.0, "max_fps": 60, "min_frames": 8},
            {"min_duration": 2, "max_duration": 10.0, "max_fps": 60, "min_frames": 8},
            "2\u201310 s, up to 60 fps, at least 8 frames",
        ),
        (
            {"min_aspect_ratio": 0.4, "max_aspect_ratio": 2.5},
            {"min_aspect_ratio": 0.4, "max_aspect_ratio": 2.5},
            "width ÷ height 0.4\u20132.5",
        ),
        (
            {"max_width": 4, "x-fal": {"limit_description": " At  most\n4. "}},
            {"max_width": 4},
            "At most 4.",
        ),
        (
            {
                "max_width": "9",
                "max_height": True,
                "max_fps": float("inf"),
                "min_area": -1,
                "x-fal": 5,
            },
            {},
            "",
        ),
    ],
)
def test_limits_of_a_file_in_figures_and_words(
    schema: dict[str, Any], known: dict[str, float], words: str
) -> None:
    found = field({"type": "string"} | schema)
    assert (found.file_limits, found.limits) == (known, words)
    nullable = field({"anyOf": [{"type": "string"} | schema, {"type": "null"}]})
    assert nullable.file_limits == known


def test_limits_of_a_list_of_files_stand_on_its_item() -> None:
    found = field(
        {
            "type": "array",
            "max_file_size": 5_000_000,
            "items": {"type": "string", "x-fal": {"max_width": 64}},
        },
        "image_urls",
    )
    assert found.item
    assert found.item.file_limits == {"max_file_size": 5_000_000, "max_width": 64}
    assert found.item.limits == "up to 64 px wide, up to 5 MB"
