"""A recipe is embedded without changing the picture's pixels, and never in a signed picture."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops

from runs.files.metadata.embedding import NotEmbeddable, patched, patches
from runs.files.metadata.texts import find_text
from tests.runs.files import signed_media
from tests.runs.files.telling_media import animated, encode_picture, exif, gradient

pytestmark = pytest.mark.any_database

PICTURES = {
    "png": encode_picture(gradient(), "PNG"),
    "png with alpha": encode_picture(gradient("RGBA"), "PNG"),
    "animated png": animated("PNG"),
    "jpeg": encode_picture(gradient(), "JPEG"),
    "jpeg with exif": encode_picture(gradient(), "JPEG", exif=exif()),
    "webp": encode_picture(gradient(), "WEBP"),
    "lossless webp": encode_picture(gradient("RGBA"), "WEBP", lossless=True),
    "webp with exif": encode_picture(gradient(), "WEBP", exif=exif()),
    "animated webp": animated("WEBP"),
}


def embed(content: bytes, text: str) -> bytes:
    file = io.BytesIO(content)
    changes = patches(file, "vitrine", text)
    whole = b"".join(patched(file, changes))
    assert len(whole) == len(content) + sum(len(change.data) - change.dropped for change in changes)
    return whole


@pytest.mark.parametrize("name", PICTURES)
def test_the_text_comes_back_and_no_pixel_changes(name):
    text = json.dumps({"prompt": "eine Mühle 🌅", "seed": 2**63})
    whole = embed(PICTURES[name], text)
    assert find_text(io.BytesIO(whole), "vitrine") == text
    before, after = (Image.open(io.BytesIO(content)) for content in (PICTURES[name], whole))
    assert (before.format, before.size, before.mode) == (after.format, after.size, after.mode)
    for number in range(getattr(before, "n_frames", 1)):
        before.seek(number)
        after.seek(number)
        assert (
            ImageChops.difference(before.convert("RGBA"), after.convert("RGBA")).getbbox() is None
        )


@given(st.sampled_from([*PICTURES]), st.text(max_size=500))
def test_any_text_comes_back(name, text):
    plain = text.encode(errors="replace").decode()
    assert find_text(io.BytesIO(embed(PICTURES[name], plain)), "vitrine") == plain


@pytest.mark.parametrize(
    "content",
    [
        signed_media.png(),
        signed_media.jpeg(),
        signed_media.riff(PICTURES["webp"]),
        signed_media.truly_signed("PNG"),
        signed_media.truly_signed("JPEG"),
        signed_media.truly_signed("WEBP"),
    ],
)
def test_nothing_is_written_into_a_signed_file(content):
    with pytest.raises(NotEmbeddable, match="would break the signature"):
        embed(content, "{}")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (encode_picture(gradient(), "GIF"), "Only PNG, JPEG and WebP"),
        (b"", "Only PNG, JPEG and WebP"),
        (b"\x89PNG\r\n\x1a\n", "Only PNG, JPEG and WebP"),
        (PICTURES["webp"] + b"more bytes", "after its end"),
    ],
)
def test_other_and_damaged_files_take_none(content, message):
    with pytest.raises(NotEmbeddable, match=message):
        embed(content, "{}")
