"""Files given in an order go into a model's inputs: a first and a last frame, a list, or one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import build
from schemas.changes.migrate_arguments import Version
from schemas.document.openapi import Contract
from schemas.uses.in_order import GivenFile, place_in_order, takers

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
        ({"start_image_url": URL, "end_image_url": URL},
         {"start_image_url": A, "end_image_url": B}),
        ({"last_frame_url": URL, "first_frame_url": URL},
         {"last_frame_url": B, "first_frame_url": A}),
        ({"image_url": URL, "tail_image_url": URL}, {"image_url": A, "tail_image_url": B}),
        ({"image_urls": LIST}, {"image_urls": [A, B]}),
        ({"mask_url": URL, "image_url": URL}, {"image_url": A}),
        ({"garment_image": URL, "image_url": URL}, {"garment_image": B, "image_url": A}),
        ({"image_url": URL}, {"image_url": A}),
        ({}, {}),
    ],
    ids=["start and end", "last first", "tail", "list", "mask", "garment", "one", "none"],
)  # fmt: skip
def test_two_pictures_go_where_a_model_takes_two(
    fields: dict[str, Any], expected: dict[str, Any]
) -> None:
    placed = place_in_order(version(**fields), {}, pictures(A, B))
    assert placed.arguments == expected
    number = sum(map(len, expected.values())) if "image_urls" in expected else len(expected)
    assert bool(placed.unused) == (number < 2)


def test_what_has_no_place_is_said() -> None:
    one = version(image_url=URL)
    assert place_in_order(one, {}, pictures(A, B)).unused == (
        "The second picture is not used: this model takes one",
    )
    assert place_in_order(one, {}, pictures(A, B, C)).unused == (
        "The pictures 2 to 3 are not used: this model takes one",
    )
    assert place_in_order(version(image_urls=LIST), {}, pictures(A, B, C)).unused == (
        "The third picture is not used: this model takes two",
    )
    sound = [GivenFile("audio", "https://x.test/a.wav")]
    assert place_in_order(one, {}, sound).unused == (
        "The sound is not used: this model takes none",
    )


def test_files_take_the_place_of_what_was_there() -> None:
    placed = place_in_order(version(image_urls=LIST, prompt={"type": "string"}), {
        "image_urls": [C], "prompt": "x"
    }, pictures(A))  # fmt: skip
    assert placed.arguments == {"image_urls": [A], "prompt": "x"}


def test_each_kind_has_its_own_order() -> None:
    talking = version(image_url=URL, audio_url=SOUND)
    files = [GivenFile("audio", "https://x.test/a.wav"), *pictures(A)]
    assert place_in_order(talking, {}, files).arguments == {
        "audio_url": "https://x.test/a.wav", "image_url": A
    }  # fmt: skip


NAMES = ["image_url", "end_image_url", "first_frame_url", "mask_url", "reference_image_urls"]


@given(
    st.sets(st.sampled_from(NAMES)), st.lists(st.sampled_from([A, B, C]), max_size=3, unique=True)
)
def test_every_file_is_placed_once_or_said_to_be_unused(
    names: set[str], addresses: list[str]
) -> None:
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
