"""Thumbnails in our sizes: small, upright, in the right colours, animated if the original is."""

import base64
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from catalog.pictures import drawing
from tests.catalog import thumbs
from tests.sampling import sample

pytestmark = pytest.mark.system  # these tests take long

# A test that needs a file makes it: otherwise collecting the tests would make all of them.
Make = Callable[[], bytes]


def render_picture(tmp_path: Path, data: bytes, moving: bytes = b"") -> dict[str, Any]:
    still, other = tmp_path / "still", tmp_path / "moving"
    still.write_bytes(data)
    other.write_bytes(moving)
    pictures = drawing.render(str(still), str(other) if moving else "")
    return pictures | {key: base64.b64decode(pictures[key]) for key in ("small", "large", "clip")}


def open_image(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data), formats=["WEBP"])


@pytest.mark.parametrize(
    ("kind", "mode", "options"),
    sample(
        [
            ("JPEG", "RGB", {}), ("JPEG", "L", {}), ("JPEG", "CMYK", {}), ("PNG", "RGBA", {}),
            ("PNG", "P", {}), ("GIF", "P", {}), ("WEBP", "RGB", {}), ("AVIF", "RGB", {"speed": 10}),
        ],
        2,
        by_seed=1,
    ),
)  # fmt: skip
def test_every_kind_of_picture_gets_two_thumbnail_sizes(tmp_path, kind, mode, options):
    pictures = render_picture(tmp_path, thumbs.photo((1000, 800), kind, mode, **options))
    assert open_image(pictures["small"]).size == (320, 240)
    assert open_image(pictures["large"]).size == (640, 480)
    assert len(pictures["small"]) <= drawing.SMALL_BYTES
    assert len(pictures["large"]) <= drawing.LARGE_BYTES
    assert not pictures["clip"]
    assert "no_clip" not in pictures


def test_a_small_original_is_not_enlarged(tmp_path):
    pictures = render_picture(tmp_path, thumbs.photo((300, 200)))
    assert open_image(pictures["small"]).size == (320, 240)
    assert not pictures["large"]


def test_a_rotated_picture_is_turned_upright(tmp_path):
    lying = Image.new("RGB", (400, 300), "red")
    lying.paste((0, 0, 255), (0, 0, 200, 300))
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    lying.save(out, "JPEG", exif=exif)
    small = open_image(render_picture(tmp_path, out.getvalue())["small"]).convert("RGB")
    top, bottom = small.getpixel((160, 20)), small.getpixel((160, 220))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert top[2] > 200 > bottom[2]


def test_transparent_pictures_get_a_background(tmp_path):
    out = io.BytesIO()
    Image.new("RGBA", (640, 480), (0, 0, 0, 0)).save(out, "PNG")
    assert render_picture(tmp_path, out.getvalue())["colour"] == "#ffffff"


@given(st.tuples(*[st.integers(0, 255)] * 3), st.integers(0, 100))
def test_the_dominant_colour_covers_most_of_the_picture(colour, rest):
    picture = Image.new("RGB", drawing.SMALL, colour)
    picture.paste((255 - colour[0], 0, colour[2]), (0, 0, rest, 240))
    dominant_colour = drawing.dominant(picture)
    assert max(abs(a - b) for a, b in zip(dominant_colour, colour, strict=True)) <= 8


@pytest.mark.parametrize(
    "source",
    sample(
        [
            pytest.param(lambda: thumbs.moving("GIF", 60), id="gif"),
            pytest.param(lambda: thumbs.moving("WEBP", 60), id="webp"),
            pytest.param(lambda: thumbs.film(6.0), id="mp4"),
            pytest.param(lambda: thumbs.film(6.0, "webm", "libvpx-vp9"), id="webm"),
        ],
        0,
        by_seed=1,
    ),
)
def test_an_animation_becomes_a_short_silent_clip_and_a_still(tmp_path, source):
    pictures = render_picture(tmp_path, source())
    assert open_image(pictures["small"]).size == (320, 240)
    codec, size, seconds, sounds = thumbs.facts(pictures["clip"])
    assert (codec, size, sounds) == ("h264", (320, 240), 0)
    assert 3.5 <= seconds <= drawing.CLIP_S + 0.2
    assert len(pictures["clip"]) <= drawing.CLIP_BYTES


def test_an_animated_thumbnail_gives_the_clip_and_the_still_the_picture(tmp_path):
    pictures = render_picture(tmp_path, thumbs.photo(), thumbs.moving("WEBP"))
    assert pictures["clip"]
    assert open_image(pictures["large"]).size == (640, 480)


@pytest.mark.parametrize(
    "moving",
    [lambda: b"nothing", lambda: thumbs.moving("GIF")[:300], thumbs.photo],
    ids=["nothing", "truncated", "still"],
)
def test_a_broken_animation_does_not_spoil_the_still(tmp_path, moving):
    pictures = render_picture(tmp_path, thumbs.photo(), moving())
    assert pictures["small"]
    assert not pictures["clip"]


@pytest.mark.parametrize(
    "data",
    [
        lambda: b"",
        lambda: b"<!doctype html><title>Not found</title>",
        lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><image href="http://127.0.0.1/"/></svg>',
        lambda: b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:1/secret.ts\n",
        lambda: b"ffconcat version 1.0\nfile /etc/passwd\n",
        lambda: b"\0\0\0\x18ftypmp42" + bytes(900),
        lambda: thumbs.photo()[:3000],
        thumbs.bomb,
    ],
    ids=["empty", "html", "svg", "playlist", "concat", "no film", "truncated", "bomb"],
)
def test_a_file_that_is_not_a_picture_is_refused(tmp_path, data):
    content = data()
    with pytest.raises(Exception, match=r".") as refused:
        render_picture(tmp_path, content)
    assert not isinstance(refused.value, AssertionError)
