"""Which fields take a result, and in which role: by tables of names as real models have them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from schemas.document.openapi import Contract
from schemas.fields.field_tree import build
from schemas.form.decode import decode_post
from schemas.form.encode import encode_arguments
from schemas.uses.inputs import MOST_INPUTS, Input, inputs_of, names_in
from schemas.uses.placing import place, values_at
from tests.schemas.strategies import json_values, schemas
from tests.tables import each_row

TEXT = {"type": "string"}


def inputs_named(properties: dict[str, Any], required: tuple[str, ...] = ()) -> list[Input]:
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return inputs_of(build(Contract({}, schema, None)))


@each_row(
    ("kind", "role", "names"),
    [
        ("image", "main", "image_url image input_image_url source_image_url"),
        ("image", "start", "first_frame_url start_image_url first_frame_image initial_image_url"),
        ("image", "end", "last_frame_url end_image_url tail_image_url end_frame_image"),
        ("image", "mask", "mask_url mask_image_url"),
        ("image", "control", "control_image_url pose_url depth_map_url canny_image_url"),
        ("image", "reference", "reference_image_url style_image_url subject_reference_image_url"),
        ("image", "garment", "garment_image_url outfit_image"),
        ("video", "main", "video_url input_video"),
        ("video", "reference", "driving_video_url motion_video_url reference_video_url"),
        ("audio", "main", "audio_url"),
        ("audio", "voice", "ref_audio_url reference_audio_url voice_url speaker_audio_url"),
        ("weights", "main", "lora_path lora_url weights_url"),
        ("archive", "main", "images_data_url training_data_url zip_url"),
        ("mesh", "main", "mesh_url"),
        ("text", "prompt", "prompt text"),
        ("text", "lyrics", "lyrics"),
    ],
)
def test_the_role_of_a_field_follows_its_name(kind: str, role: str, names: str) -> None:
    for name in names.split():
        (input_field,) = inputs_named({name: TEXT}, (name,))
        assert (name, input_field.kind, input_field.role) == (name, kind, role)
        assert (input_field.path, input_field.is_required) == (name, True)


def test_descriptions_distinguish_first_and_last_frames() -> None:
    first, last = inputs_named(
        {
            "image_url": TEXT | {"description": "URL of the image to use as the first frame"},
            "image_tail": TEXT | {"description": "URL of the image used as the end frame"},
        }
    )
    assert (first.role, last.role) == ("start", "end")


def test_paths_lead_into_lists_objects_and_alternatives() -> None:
    lora = {"type": "object", "properties": {"path": TEXT, "scale": {"type": "number"}}}
    element = {"type": "object", "properties": {"frontal_image_url": TEXT}}
    file = {"type": "object", "properties": {"url": TEXT, "content_type": TEXT}}
    images = {"anyOf": [TEXT, {"type": "array", "items": TEXT}]}
    paths = inputs_named(
        {
            "image_urls": images,
            "loras": {"type": "array", "items": lora},
            "elements": {"type": "array", "items": element},
            "first_image": file,
            "a.b_url": TEXT | {"ui": {"field": "image"}},
        }
    )
    assert [(input_field.path, input_field.kind, input_field.label) for input_field in paths] == [
        ("a%2Eb_url", "image", "A.b"),
        ("image_urls", "image", "Images"),
        ("first_image.url", "image", "First image"),
        ("loras.*.path", "weights", "LoRAs"),
        ("elements.*.frontal_image_url", "image", "Frontal image"),
    ]
    assert names_in("a%2Eb_url.*") == ["a.b_url", "*"]


def test_hidden_and_deprecated_fields_and_secondary_prompts_are_not_offered() -> None:
    assert not inputs_named(
        {
            "image_url": TEXT | {"ui": {"hidden": True}},
            "old_image_url": TEXT | {"deprecated": True},
            "negative_prompt": TEXT,
            "seed": {"type": "integer"},
        }
    )


@given(json_values | schemas)
def test_any_schema_has_a_bounded_list_of_inputs_that_survives_storing(schema: Any) -> None:
    inputs = inputs_of(build(Contract({}, schema if isinstance(schema, dict) else {}, None)))
    assert len(inputs) <= MOST_INPUTS
    assert [Input.from_json(list(stored)) for stored in inputs] == inputs


@pytest.mark.parametrize("stored", [None, {}, [], [1, 2, 3, 4, 5], ["a", "b"], "text"])
def test_malformed_stored_inputs_are_ignored(stored: Any) -> None:
    assert Input.from_json(stored) is None


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
