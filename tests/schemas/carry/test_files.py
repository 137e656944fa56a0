"""Pictures between models that take one, a list, or a first and a last frame."""

from __future__ import annotations

from typing import Any

from schemas.carry import carry, counterparts
from tests.schemas.carry.test_carry import of
from tests.tables import each_row

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


@each_row("frames", FRAMES, ids="-".join)
@each_row("is_required", [True, False])
def test_two_pictures_become_the_first_and_the_last_frame_and_back(
    frames: dict[str, Any], is_required: bool
) -> None:
    first, last = frames
    carried = carry({"image_urls": [A, B]}, of(LIST), of(frames, required=[first]))
    assert carried.arguments == {first: A, last: B}
    assert not carried.of("dropped")
    source = of(frames, required=[first] if is_required else [])
    back = carry({first: A, last: B}, source, of(LIST, required=["image_urls"]))
    assert back.arguments == {"image_urls": [A, B]}
    assert not back.of("dropped")
    assert A not in " ".join(step.words for step in [*carried.steps, *back.steps])


@each_row("source", FRAMES, ids="-".join)
@each_row("target", FRAMES, ids="-".join)
def test_first_and_last_frames_are_carried_to_each_other(
    source: dict[str, Any], target: dict[str, Any]
) -> None:
    arguments = dict(zip(source, (A, B), strict=True))
    carried = carry(arguments, of(source), of(target))
    assert carried.arguments == dict(zip(target, (A, B), strict=True))


@each_row(
    ("source", "arguments", "target", "expected", "sentence"),
    [
        (LIST, {"image_urls": [A, B]}, SINGLE, {"image_url": A},
         "The second picture is not used: this model takes one"),
        (LIST, {"image_urls": [A, B, C, D]}, SINGLE, {"image_url": A},
         "The pictures 2 to 4 are not used: this model takes one"),
        (LIST, {"image_urls": [A, B, C]}, KLING_26, {"start_image_url": A, "end_image_url": B},
         "The third picture is not used: this model takes two"),
        (LIST, {"image_urls": [A, B, C]}, {"image_urls": several(2)}, {"image_urls": [A, B]},
         "The third picture is not used: this model takes two"),
        (LIST, {"image_urls": [A, B, C]}, {"input_image_urls": several(1)},
         {"input_image_urls": [A]}, "The pictures 2 to 3 are not used: this model takes one"),
        (KLING_26, {"start_image_url": A, "end_image_url": B}, SINGLE, {"image_url": A},
         "“End image” is not used: this model takes one picture"),
        (KLING_26, {"start_image_url": A, "end_image_url": B}, {"image_urls": several(1)},
         {"image_urls": [A]}, "“End image” is not used: this model takes one"),
        (KLING_21, {"image_url": A, "tail_image_url": B}, {"prompt": {"type": "string"}}, {},
         "“Tail image” is not used: this model has no such input"),
        ({"video_urls": several()}, {"video_urls": [A, B]}, {"video_url": URL}, {"video_url": A},
         "The second film is not used: this model takes one"),
        ({"audio_urls": several()}, {"audio_urls": [A, B]}, {"audio_url": URL}, {"audio_url": A},
         "The second sound is not used: this model takes one"),
    ],
)  # fmt: skip
def test_an_unused_file_is_named_in_a_step(
    source: Any, arguments: Any, target: Any, expected: Any, sentence: str
) -> None:
    carried = carry(arguments, of(source), of(target))
    assert carried.arguments == expected
    assert sentence in [step.words for step in carried.of("dropped")]


def test_one_picture_needs_no_last_frame() -> None:
    carried = carry({"image_urls": [A]}, of(LIST), of(KLING_26))
    assert carried.arguments == {"start_image_url": A}
    assert [step.kind for step in carried.steps] == ["converted"]
    back = carry({"end_image_url": B}, of(KLING_26), of(LIST))
    assert back.arguments == {"image_urls": [B]}


def test_a_last_frame_that_was_given_is_not_replaced() -> None:
    both = {**LIST, "end_image_url": URL}
    carried = carry({"image_urls": [A, C], "end_image_url": B}, of(both), of(KLING_26))
    assert carried.arguments == {"start_image_url": A, "end_image_url": B}
    assert "The second picture is not used: this model takes one" in [
        step.words for step in carried.of("dropped")
    ]


def test_a_list_grows_by_the_last_frame() -> None:
    both = {**LIST, "end_image_url": URL}
    carried = carry({"image_urls": [A, C], "end_image_url": B}, of(both), of(LIST))
    assert carried.arguments == {"image_urls": [A, C, B]}


def test_a_last_frame_is_shared_with_a_list_of_pictures() -> None:
    frames, pictures = of(KLING_26).root, of(LIST).root
    last = next(child for child in frames.children if child.name == "end_image_url")
    assert counterparts(last, frames, pictures) == ("image_urls",)
    assert counterparts(last, frames, of(SINGLE).root) == ()
