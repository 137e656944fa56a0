"""Which fields accept a result, in which role: tables of names from real models."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.document.openapi import Contract
from schemas.fields.field_tree import build
from schemas.form.decode import decode_post
from schemas.form.encode import encode_arguments
from schemas.uses.inputs import MOST_INPUTS, Input, inputs_of, names_in
from schemas.uses.ordered_files import GivenFile, place_in_order, takers
from schemas.uses.placing import place, values_at
from schemas.uses.roles import is_faithful, use_of
from schemas.validation import Version
from schemas.vocabulary import USES
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
def test_the_role_of_a_field_follows_its_name(kind, role, names):
    for name in names.split():
        (input_field,) = inputs_named({name: TEXT}, (name,))
        assert (name, input_field.kind, input_field.role) == (name, kind, role)
        assert (input_field.path, input_field.is_required) == (name, True)


def test_descriptions_distinguish_first_and_last_frames():
    first, last = inputs_named(
        {
            "image_url": TEXT | {"description": "URL of the image to use as the first frame"},
            "image_tail": TEXT | {"description": "URL of the image used as the end frame"},
        }
    )
    assert (first.role, last.role) == ("start", "end")


def test_paths_lead_into_lists_objects_and_alternatives():
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


def test_hidden_and_deprecated_fields_and_secondary_prompts_are_not_offered():
    assert not inputs_named(
        {
            "image_url": TEXT | {"ui": {"hidden": True}},
            "old_image_url": TEXT | {"deprecated": True},
            "negative_prompt": TEXT,
            "seed": {"type": "integer"},
        }
    )


@given(json_values | schemas)
def test_any_schema_has_a_bounded_list_of_inputs_that_survives_storing(schema):
    inputs = inputs_of(build(Contract({}, schema if isinstance(schema, dict) else {}, None)))
    assert len(inputs) <= MOST_INPUTS
    assert [Input.from_json(list(stored)) for stored in inputs] == inputs


@pytest.mark.parametrize("stored", [None, {}, [], [1, 2, 3, 4, 5], ["a", "b"], "text"])
def test_malformed_stored_inputs_are_ignored(stored):
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
def test_place_writes_a_value_at_a_path(before, path, after):
    before_text = repr(before)
    placed = place(ROOT, before, path, "/f")
    assert placed == after
    assert repr(before) == before_text
    assert place(ROOT, placed, path, "/f") == placed
    assert "/f" in values_at(placed, path)
    assert decode_post(ROOT, encode_arguments(ROOT, placed)).arguments == placed


def test_values_at_is_empty_if_the_path_is_unset():
    assert values_at({"image_urls": None, "loras": 3}, "image_urls.*") == []
    assert values_at({"loras": [1, {}, {"path": "/a"}]}, "loras.*.path") == ["/a"]


IMAGE = Input("image_url", "image", "main", "Image", True)
VIDEO = Input("video_url", "video", "main", "Video", True)
AUDIO = Input("audio_url", "audio", "main", "Audio", True)
MASK = Input("mask_url", "image", "mask", "Mask", True)
PROMPT = Input("prompt", "text", "prompt", "Prompt", True)


@each_row(
    ("input_field", "others", "outputs", "name", "use"),
    [
        (IMAGE, [], "video", "kling/image-to-video", "start-frame"),
        (IMAGE._replace(role="end"), [], "video", "kling/pro", "end-frame"),
        (IMAGE, [AUDIO], "video", "x/avatar", "talk"),
        (IMAGE, [], "image", "x/edit", "edit"),
        (IMAGE, [MASK], "image", "x/fill", "inpaint"),
        (IMAGE, [MASK._replace(is_required=False)], "image", "x/edit", "edit"),
        (IMAGE, [], "image", "fal-ai/clarity-upscaler", "upscale"),
        (IMAGE, [], "image", "fal-ai/aura-sr", "upscale"),
        (IMAGE, [], "image", "fal-ai/drct-super-resolution", "upscale"),
        (IMAGE, [], "image", "bria/background/remove", "cut-out"),
        (IMAGE._replace(role="reference"), [], "image", "x/redux", "reference"),
        (IMAGE._replace(role="garment"), [], "image", "x/vton", "try-on"),
        (IMAGE._replace(role="control"), [], "image", "x/canny", "control"),
        (IMAGE, [], "3d", "x/mesh", "make-3d"),
        (IMAGE, [], "text", "x/caption", "describe"),
        (IMAGE, [], "lora", "x/trainer", "training"),
        (MASK, [IMAGE], "image", "x/fill", "mask"),
        (IMAGE._replace(path="image_urls.*"), [], "video", "x/reference", "reference"),
        (IMAGE, [VIDEO], "video", "wan/animate", "reference"),
        (IMAGE, [IMAGE._replace(role="garment")], "image", "x/vton", "try-on"),
        (IMAGE._replace(path="image_urls.*"), [IMAGE, MASK], "image", "x/edit", "reference"),
        (IMAGE._replace(path="image_urls.*"), [], "image", "x/edit", "edit"),
        (IMAGE, [], "image", "fal-ai/sam2/image", "cut-out"),
        (VIDEO, [AUDIO], "video", "x/merge-audio-video", "add-sound"),
        (AUDIO, [PROMPT], "audio", "x/voice-clone", "voice"),
        (PROMPT, [AUDIO], "video", "x/avatar", "speak"),
        (VIDEO, [], "video", "x/extend-video", "extend"),
        (VIDEO, [], "video", "x/video-upscaler", "upscale"),
        (VIDEO, [], "video", "fal-ai/mmaudio-v2", "add-sound"),
        (VIDEO, [], "audio", "x/foley", "add-sound"),
        (VIDEO, [AUDIO], "video", "fal-ai/sync-lipsync", "lip-sync"),
        (VIDEO, [], "video", "x/video-to-video", "edit"),
        (VIDEO._replace(role="reference"), [], "video", "x/move", "reference"),
        (VIDEO, [], "text", "x/eye", "describe"),
        (AUDIO, [VIDEO], "video", "fal-ai/latentsync", "lip-sync"),
        (AUDIO, [], "text", "fal-ai/whisper", "transcribe"),
        (AUDIO._replace(role="voice"), [], "audio", "x/clone", "voice"),
        (AUDIO, [], "audio", "fal-ai/demucs", "clean"),
        (AUDIO, [], "audio", "x/morph", "edit"),
        (Input("loras.*.path", "weights", "main", "LoRAs", False), [], "image", "x", "lora"),
        (Input("images_data_url", "archive", "main", "D", True), [], "lora", "x", "training"),
        (Input("model_url", "mesh", "main", "Model", True), [], "3d", "x/remesh", "edit"),
        (PROMPT, [], "image", "x", "prompt-image"),
        (PROMPT, [], "video", "x", "prompt-video"),
        (PROMPT, [], "audio", "x/text-to-speech", "speak"),
        (PROMPT, [], "audio", "x/text-to-audio", "prompt-audio"),
        (PROMPT, [], "text", "x/llm", "prompt-text"),
        (PROMPT._replace(role="lyrics"), [], "audio", "x/song", "lyrics"),
    ],
)
def test_the_use_of_a_field_follows_its_input_and_model(input_field, others, outputs, name, use):
    assert use_of(input_field, [input_field, *others], {outputs}, name) == use
    assert use in USES[input_field.kind]


@each_row("kind", USES)
@each_row("output", ["image", "video", "audio", "3d", "text", "data", "lora", "?"])
@each_row("role", ["main", "mask", "start", "end", "reference", "voice", "prompt"])
def test_every_use_has_a_title(kind, output, role):
    input_field = Input("x", kind, role, "X", True)
    assert use_of(input_field, [input_field], {output}, "some/model") in USES[kind]


URL = {"type": "string", "ui": {"field": "image"}}
LIST = {"type": "array", "items": URL, "maxItems": 2}
SOUND = {"type": "string", "ui": {"field": "audio"}}
A, B, C = (f"https://x.test/{name}.png" for name in "abc")


def version(**fields: Any) -> Version:
    agreed = Contract({}, {"type": "object", "properties": fields}, None)
    return Version(agreed, build(agreed))


def pictures(*addresses: str) -> list[GivenFile]:
    return [GivenFile("image", address) for address in addresses]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"start_image_url": URL, "end_image_url": URL},
            {"start_image_url": A, "end_image_url": B},
        ),
        (
            {"last_frame_url": URL, "first_frame_url": URL},
            {"last_frame_url": B, "first_frame_url": A},
        ),
        ({"image_url": URL, "tail_image_url": URL}, {"image_url": A, "tail_image_url": B}),
        ({"image_urls": LIST}, {"image_urls": [A, B]}),
        ({"mask_url": URL, "image_url": URL}, {"image_url": A}),
        ({"garment_image": URL, "image_url": URL}, {"garment_image": B, "image_url": A}),
        ({"image_url": URL}, {"image_url": A}),
        ({}, {}),
    ],
    ids=["start and end", "last first", "tail", "list", "mask", "garment", "one", "none"],
)
def test_two_pictures_go_where_a_model_takes_two(fields, expected):
    placed = place_in_order(version(**fields), {}, pictures(A, B))
    assert placed.arguments == expected
    number = sum(map(len, expected.values())) if "image_urls" in expected else len(expected)
    assert bool(placed.unused) == (number < 2)


def test_what_has_no_place_is_said():
    single = version(image_url=URL)
    assert place_in_order(single, {}, pictures(A, B)).unused == (
        "The second picture is not used: this model takes one",
    )
    assert place_in_order(single, {}, pictures(A, B, C)).unused == (
        "The pictures 2 to 3 are not used: this model takes one",
    )
    assert place_in_order(version(image_urls=LIST), {}, pictures(A, B, C)).unused == (
        "The third picture is not used: this model takes two",
    )
    sound = [GivenFile("audio", "https://x.test/a.wav")]
    assert place_in_order(single, {}, sound).unused == (
        "The sound is not used: this model takes none",
    )


def test_files_take_the_place_of_what_was_there():
    placed = place_in_order(
        version(image_urls=LIST, prompt={"type": "string"}),
        {"image_urls": [C], "prompt": "x"},
        pictures(A),
    )
    assert placed.arguments == {"image_urls": [A], "prompt": "x"}


def test_each_kind_has_its_own_order():
    talking = version(image_url=URL, audio_url=SOUND)
    files = [GivenFile("audio", "https://x.test/a.wav"), *pictures(A)]
    assert place_in_order(talking, {}, files).arguments == {
        "audio_url": "https://x.test/a.wav",
        "image_url": A,
    }


NAMES = ["image_url", "end_image_url", "first_frame_url", "mask_url", "reference_image_urls"]


@given(
    st.sets(st.sampled_from(NAMES)), st.lists(st.sampled_from([A, B, C]), max_size=3, unique=True)
)
def test_every_file_is_placed_once_or_said_to_be_unused(names, addresses):
    fields = {name: LIST if name.endswith("s") else URL for name in names}
    model = version(**fields)
    placed = place_in_order(model, {}, pictures(*addresses))
    flat = [
        address
        for value in placed.arguments.values()
        for address in (value if isinstance(value, list) else [value])
    ]
    assert len(flat) == len(set(flat))
    assert set(flat) <= set(addresses)
    assert bool(placed.unused) == (len(flat) < len(addresses))
    if flat:
        first = placed.arguments[takers(model.root, "image")[0].path.partition(".")[0]]
        assert addresses[0] in (first if isinstance(first, list) else [first])


@pytest.mark.parametrize(
    ("name", "is_same_in_every_run"),
    [
        ("fal-ai/clarity-upscaler", True),
        ("fal-ai/drct-super-resolution", True),
        ("bria/background/remove", True),
        ("fal-ai/flux-lora-fast-training", True),
        ("bria/background/replace", False),
        ("fal-ai/flux/dev", False),
    ],
)
def test_models_that_vary_no_result_are_known_by_name(name, is_same_in_every_run):
    assert is_faithful(name) == is_same_in_every_run
