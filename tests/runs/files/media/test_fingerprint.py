"""A picture's copies have almost the same fingerprint; other pictures have different ones."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageEnhance

from runs.files.media.fingerprint import fingerprint
from runs.models.run import FINGERPRINT_BYTES
from runs.results.likeness import ALIKE, NEARLY_SAME
from sandbox.studio.pictures import landscapes

Picture = Image.Image
SIZE = (384, 288)
SEEDS = st.integers(0, 10_000)


def landscape(seed: int) -> Picture:
    return landscapes.ridgeline(f"hills {seed % 7}", seed, SIZE).convert("RGB")


def distance(one: Picture, other: Picture) -> int:
    bits = [int.from_bytes(fingerprint(picture)) for picture in (one, other)]
    return (bits[0] ^ bits[1]).bit_count()


def recompressed(picture: Picture) -> Picture:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=60)
    return Image.open(out)


@pytest.mark.parametrize(
    ("change", "most"),
    [
        (lambda picture: picture.copy(), 0),
        (recompressed, NEARLY_SAME),
        (lambda picture: picture.resize((192, 144)), NEARLY_SAME),
        (lambda picture: picture.convert("RGBA"), 0),
        (lambda picture: ImageEnhance.Brightness(picture).enhance(1.05), ALIKE),
    ],
    ids=["equal", "recompressed", "smaller", "opaque", "brighter"],
)
def test_a_copy_is_near(change: Callable[[Picture], Picture], most: int) -> None:
    for seed in range(6):
        picture = landscape(seed)
        assert distance(picture, change(picture)) <= most


@given(seed=SEEDS)
def test_a_fingerprint_has_its_size_and_depends_on_nothing_but_the_picture(seed: int) -> None:
    made = fingerprint(landscape(seed))
    assert len(made) == FINGERPRINT_BYTES
    assert made == fingerprint(landscape(seed))


def test_different_pictures_are_far_from_each_other() -> None:
    pictures = [
        draw("a harbour at dawn", seed, SIZE).convert("RGB")
        for draw in (landscapes.ridgeline, landscapes.aurora)
        for seed in (1, 2)
    ]
    for place, picture in enumerate(pictures):
        assert all(distance(picture, other) > ALIKE for other in pictures[:place])


def test_other_colours_are_another_picture() -> None:
    red, green, blue = landscape(1).split()
    assert distance(landscape(1), Image.merge("RGB", (blue, green, red))) > NEARLY_SAME


def test_a_flat_picture_has_none() -> None:
    assert fingerprint(Image.new("RGB", SIZE, "teal")) == b""
