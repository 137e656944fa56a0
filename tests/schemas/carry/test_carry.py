"""Carrying arguments to another model: each rule in a table, all together over real documents."""

from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import build, contract
from schemas.carry import carry, counterparts, missing
from schemas.fields.examples import example
from schemas.validation import Version, validate
from tests.schemas import laws, strategies
from tests.tables import each_row

TEXT: dict[str, Any] = {"type": "string"}
INTEGER: dict[str, Any] = {"type": "integer"}
PICTURE: dict[str, Any] = {"type": "string", "ui": {"field": "image"}}
PRESETS = ["square_hd", "square", "portrait_16_9", "landscape_4_3", "landscape_16_9"]
SIDES = {"type": "object", "properties": {"width": INTEGER, "height": INTEGER}}
SIZE = {"anyOf": [SIDES, {"type": "string", "enum": PRESETS}]}
RATIO = {"type": "string", "enum": ["16:9", "1:1", "9:16"], "default": "1:1"}


def version(document: Any) -> Version:
    endpoint_contract = contract(document, "a/b")
    return Version(endpoint_contract, build(endpoint_contract))


def version_with(properties: Any, **more: Any) -> Version:
    return version(strategies.document({"type": "object", "properties": properties, **more}))


@pytest.mark.parametrize(
    ("old", "new", "given_", "expected", "kind"),
    [
        ({"prompt": TEXT}, {"prompt": TEXT}, {"prompt": "a"}, {"prompt": "a"}, "carried"),
        ({"prompt": TEXT}, {"text": TEXT}, {"prompt": "a"}, {"text": "a"}, "converted"),
        ({"text": TEXT}, {"prompt": TEXT}, {"text": "a"}, {"prompt": "a"}, "converted"),
        (
            {"image_url": PICTURE},
            {"image_urls": {"type": "array", "items": PICTURE}},
            {"image_url": "https://a/b.png"},
            {"image_urls": ["https://a/b.png"]},
            "converted",
        ),
        (
            {"image_urls": {"type": "array", "items": PICTURE}},
            {"image_url": PICTURE},
            {"image_urls": ["https://a/b.png", "https://a/c.png"]},
            {"image_url": "https://a/b.png"},
            "converted",
        ),
        (
            {"duration": TEXT},
            {"duration": INTEGER},
            {"duration": "5"},
            {"duration": 5},
            "converted",
        ),
        (
            {"duration": TEXT},
            {"duration": INTEGER},
            {"duration": "5s"},
            {"duration": 5},
            "converted",
        ),
        (
            {"duration": INTEGER},
            {"duration": {"type": "string", "enum": ["4s", "8s"]}},
            {"duration": 8},
            {"duration": "8s"},
            "converted",
        ),
        (
            {"duration": INTEGER},
            {
                "num_frames": INTEGER | {"default": 81},
                "frames_per_second": INTEGER | {"default": 16},
            },
            {"duration": 5},
            {"num_frames": 81},
            "converted",
        ),
        (
            {"image_size": SIZE},
            {"aspect_ratio": RATIO},
            {"image_size": "landscape_16_9"},
            {"aspect_ratio": "16:9"},
            "converted",
        ),
        (
            {"aspect_ratio": RATIO},
            {"image_size": SIZE},
            {"aspect_ratio": "9:16"},
            {"image_size": "portrait_16_9"},
            "converted",
        ),
        (
            {"image_size": SIZE},
            {"width": INTEGER, "height": INTEGER},
            {"image_size": "landscape_16_9"},
            {"width": 1024, "height": 576},
            "converted",
        ),
        (
            {"image_size": SIZE},
            {"aspect_ratio": RATIO},
            {"image_size": {"width": 1920, "height": 1080}},
            {"aspect_ratio": "16:9"},
            "converted",
        ),
        (
            {"num_inference_steps": INTEGER},
            {"steps": INTEGER | {"maximum": 12}},
            {"num_inference_steps": 28},
            {"steps": 12},
            "clamped",
        ),
        (
            {"guidance_scale": INTEGER},
            {"cfg_scale": INTEGER},
            {"guidance_scale": 3},
            {"cfg_scale": 3},
            "converted",
        ),
        (
            {"guidance_scale": INTEGER},
            {"cfg_scale": INTEGER | {"maximum": 1}},
            {"guidance_scale": 3},
            {},
            "dropped",
        ),
        (
            {"num_images": INTEGER},
            {"num_outputs": INTEGER},
            {"num_images": 2},
            {"num_outputs": 2},
            "converted",
        ),
        (
            {"output_format": TEXT},
            {"output_format": {"enum": ["png", "jpeg"]}},
            {"output_format": "PNG"},
            {"output_format": "png"},
            "converted",
        ),
        (
            {"voice": TEXT},
            {"voice": {"type": "string", "enum": ["b"], "default": "b"}},
            {"voice": "a"},
            {},
            "dropped",
        ),
        ({"x": TEXT}, {"prompt": TEXT}, {"x": "a"}, {}, "dropped"),
        ({"prompt": TEXT}, {"prompt": TEXT | {"maxLength": 2}}, {"prompt": "long"}, {}, "dropped"),
    ],
)
def test_arguments_are_carried_by_meaning(old, new, given_, expected, kind):
    carried = carry(given_, version_with(old), version_with(new))
    assert carried.arguments == expected
    assert carried.steps[0].kind == kind
    assert carried.steps[0].sentence


def test_a_width_and_a_height_become_one_ratio():
    sides = {"width": INTEGER, "height": INTEGER}
    carried = carry(
        {"width": 1280, "height": 720}, version_with(sides), version_with({"aspect_ratio": RATIO})
    )
    assert carried.arguments == {"aspect_ratio": "16:9"}
    assert [step.source for step in carried.steps_of("converted")] == ["width", "height"]


def test_a_missing_required_input_is_named():
    target = version_with({"prompt": TEXT, "image_url": PICTURE}, required=["prompt", "image_url"])
    carried = carry({"prompt": "a"}, version_with({"prompt": TEXT}), target)
    assert missing(target, carried.arguments) == ["Image"]


def test_a_model_without_a_schema_takes_everything():
    carried = carry({"prompt": "a"}, None, version(None))
    assert carried.arguments == {"prompt": "a"}


@pytest.fixture(scope="module")
def versions(documents: dict[str, dict[str, Any]]) -> list[Version]:
    return [version(document) for document in documents.values()]


@settings(max_examples=laws.cases(40))
@given(data=st.data())
def test_between_any_two_models_only_valid_arguments_and_a_complete_list_result(versions, data):
    source, target = (data.draw(st.sampled_from(versions)) for _ in range(2))
    given_ = data.draw(_arguments_of(source))
    carried = carry(given_, source, target)
    problems = validate(target.contract, carried.arguments, target.root)
    assert [
        problem for problem in problems if problem.path and problem.path[0] in carried.arguments
    ] == []
    assert list(dict.fromkeys(step.source for step in carried.steps)) == list(given_)
    placed = {to for step in carried.steps for to in step.target.split(" and ") if to}
    assert placed == set(carried.arguments)
    for step in carried.steps_of("carried"):
        assert carried.arguments[step.source] == given_[step.source]


@cache
def _example(source: Version) -> dict[str, Any]:
    return example(source.root)


def _arguments_of(source: Version) -> st.SearchStrategy[dict[str, Any]]:
    """Return the model's example with defaults and options of some of its fields."""
    values: dict[str, Any] = {}
    for child in source.root.children:
        offered = [option.value for option in child.options if not option.branch]
        candidates = [*offered, *child.examples, *([child.default] if child.has_default else [])]
        numbers = [n for n in (child.minimum, child.maximum) if n is not None]
        if picks := [*candidates, *numbers]:
            values[child.name] = st.sampled_from(picks)
    return st.fixed_dictionaries({}, optional=values).map(lambda more: _example(source) | more)


A, B, C, D = (f"https://x.test/{name}.png" for name in "abcd")
URL = {"type": "string", "format": "uri"}


def several(most: int = 10) -> dict[str, Any]:
    return {"type": "array", "items": URL, "maxItems": most}


LIST = {"image_urls": several()}
SINGLE = {"image_url": URL}
KLING_26 = {"start_image_url": URL, "end_image_url": URL}
KLING_21 = {"image_url": URL, "tail_image_url": URL}
PIXVERSE = {"first_image_url": URL, "last_image_url": URL}
LUMA = {"image_url": URL, "end_image_url": URL}
FRAMES = [KLING_26, KLING_21, PIXVERSE, LUMA, {"first_frame_url": URL, "last_frame_url": URL}]


@each_row("frames", FRAMES)
@each_row("is_required", [True, False])
def test_two_pictures_become_the_first_and_the_last_frame_and_back(frames, is_required):
    first, last = frames
    carried = carry(
        {"image_urls": [A, B]}, version_with(LIST), version_with(frames, required=[first])
    )
    assert carried.arguments == {first: A, last: B}
    assert not carried.steps_of("dropped")
    source = version_with(frames, required=[first] if is_required else [])
    back = carry({first: A, last: B}, source, version_with(LIST, required=["image_urls"]))
    assert back.arguments == {"image_urls": [A, B]}
    assert not back.steps_of("dropped")
    assert A not in " ".join(step.sentence for step in [*carried.steps, *back.steps])


@each_row("source", FRAMES)
@each_row("target", FRAMES)
def test_first_and_last_frames_are_carried_to_each_other(source, target):
    arguments = dict(zip(source, (A, B), strict=True))
    carried = carry(arguments, version_with(source), version_with(target))
    assert carried.arguments == dict(zip(target, (A, B), strict=True))


@each_row(
    ("source", "arguments", "target", "expected", "sentence"),
    [
        (
            LIST,
            {"image_urls": [A, B]},
            SINGLE,
            {"image_url": A},
            "The second picture is not used: this model takes one",
        ),
        (
            LIST,
            {"image_urls": [A, B, C, D]},
            SINGLE,
            {"image_url": A},
            "The pictures 2 to 4 are not used: this model takes one",
        ),
        (
            LIST,
            {"image_urls": [A, B, C]},
            KLING_26,
            {"start_image_url": A, "end_image_url": B},
            "The third picture is not used: this model takes two",
        ),
        (
            LIST,
            {"image_urls": [A, B, C]},
            {"image_urls": several(2)},
            {"image_urls": [A, B]},
            "The third picture is not used: this model takes two",
        ),
        (
            LIST,
            {"image_urls": [A, B, C]},
            {"input_image_urls": several(1)},
            {"input_image_urls": [A]},
            "The pictures 2 to 3 are not used: this model takes one",
        ),
        (
            KLING_26,
            {"start_image_url": A, "end_image_url": B},
            SINGLE,
            {"image_url": A},
            "“End image” is not used: this model takes one picture",
        ),
        (
            KLING_26,
            {"start_image_url": A, "end_image_url": B},
            {"image_urls": several(1)},
            {"image_urls": [A]},
            "“End image” is not used: this model takes one",
        ),
        (
            KLING_21,
            {"image_url": A, "tail_image_url": B},
            {"prompt": {"type": "string"}},
            {},
            "“Tail image” is not used: this model has no such input",
        ),
        (
            {"video_urls": several()},
            {"video_urls": [A, B]},
            {"video_url": URL},
            {"video_url": A},
            "The second film is not used: this model takes one",
        ),
        (
            {"audio_urls": several()},
            {"audio_urls": [A, B]},
            {"audio_url": URL},
            {"audio_url": A},
            "The second sound is not used: this model takes one",
        ),
    ],
)
def test_an_unused_file_is_named_in_a_step(source, arguments, target, expected, sentence):
    carried = carry(arguments, version_with(source), version_with(target))
    assert carried.arguments == expected
    assert sentence in [step.sentence for step in carried.steps_of("dropped")]


def test_one_picture_needs_no_last_frame():
    carried = carry({"image_urls": [A]}, version_with(LIST), version_with(KLING_26))
    assert carried.arguments == {"start_image_url": A}
    assert [step.kind for step in carried.steps] == ["converted"]
    back = carry({"end_image_url": B}, version_with(KLING_26), version_with(LIST))
    assert back.arguments == {"image_urls": [B]}


def test_a_last_frame_that_was_given_is_not_replaced():
    both = {**LIST, "end_image_url": URL}
    carried = carry(
        {"image_urls": [A, C], "end_image_url": B}, version_with(both), version_with(KLING_26)
    )
    assert carried.arguments == {"start_image_url": A, "end_image_url": B}
    assert "The second picture is not used: this model takes one" in [
        step.sentence for step in carried.steps_of("dropped")
    ]


def test_a_list_grows_by_the_last_frame():
    both = {**LIST, "end_image_url": URL}
    carried = carry(
        {"image_urls": [A, C], "end_image_url": B}, version_with(both), version_with(LIST)
    )
    assert carried.arguments == {"image_urls": [A, C, B]}


def test_a_last_frame_is_shared_with_a_list_of_pictures():
    frames, pictures = version_with(KLING_26).root, version_with(LIST).root
    last = next(child for child in frames.children if child.name == "end_image_url")
    assert counterparts(last, frames, pictures) == ("image_urls",)
    assert counterparts(last, frames, version_with(SINGLE).root) == ()
