"""A thumbnail in our sizes: small, upright, in its colour, and moving where the original moves."""

from __future__ import annotations

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

pytestmark = pytest.mark.system  # takes long

# A file is made in the test that wants it: not whenever tests are looked for.
Make = Callable[[], bytes]


def drawn(tmp_path: Path, data: bytes, moving: bytes = b"") -> dict[str, Any]:
    still, other = tmp_path / "still", tmp_path / "moving"
    still.write_bytes(data)
    other.write_bytes(moving)
    found = drawing.render(str(still), str(other) if moving else "")
    return found | {key: base64.b64decode(found[key]) for key in ("small", "large", "clip")}


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data), formats=["WEBP"])


@pytest.mark.parametrize(
    ("kind", "mode", "options"),
    [
        ("JPEG", "RGB", {}),
        ("JPEG", "L", {}),
        ("JPEG", "CMYK", {}),
        ("PNG", "RGBA", {}),
        ("PNG", "P", {}),
        ("GIF", "P", {}),
        ("WEBP", "RGB", {}),
        ("AVIF", "RGB", {"speed": 10}),
    ],
)
def test_every_kind_of_picture_becomes_two_small_ones(
    tmp_path: Path, kind: str, mode: str, options: dict[str, Any]
) -> None:
    found = drawn(tmp_path, thumbs.photo((1000, 800), kind, mode, **options))
    assert opened(found["small"]).size == (320, 240)
    assert opened(found["large"]).size == (640, 480)
    assert len(found["small"]) <= drawing.SMALL_BYTES
    assert len(found["large"]) <= drawing.LARGE_BYTES
    assert not found["clip"]
    assert "no_clip" not in found


def test_a_small_original_is_not_blown_up(tmp_path: Path) -> None:
    found = drawn(tmp_path, thumbs.photo((300, 200)))
    assert opened(found["small"]).size == (320, 240)
    assert not found["large"]


def test_a_picture_that_lies_on_its_side_is_shown_upright(tmp_path: Path) -> None:
    lying = Image.new("RGB", (400, 300), "red")
    lying.paste((0, 0, 255), (0, 0, 200, 300))
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    lying.save(out, "JPEG", exif=exif)
    small = opened(drawn(tmp_path, out.getvalue())["small"]).convert("RGB")
    top, bottom = small.getpixel((160, 20)), small.getpixel((160, 220))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert top[2] > 200 > bottom[2]


def test_what_is_transparent_lies_on_paper(tmp_path: Path) -> None:
    out = io.BytesIO()
    Image.new("RGBA", (640, 480), (0, 0, 0, 0)).save(out, "PNG")
    assert drawn(tmp_path, out.getvalue())["colour"] == "#ffffff"


@given(st.tuples(*[st.integers(0, 255)] * 3), st.integers(0, 100))
def test_the_dominant_colour_is_that_of_most_of_it(colour: tuple[int, int, int], rest: int) -> None:
    picture = Image.new("RGB", drawing.SMALL, colour)
    picture.paste((255 - colour[0], 0, colour[2]), (0, 0, rest, 240))
    found = drawing.dominant(picture)
    assert max(abs(a - b) for a, b in zip(found, colour, strict=True)) <= 8


@pytest.mark.parametrize(
    "source",
    [
        lambda: thumbs.moving("GIF", 60),
        lambda: thumbs.moving("WEBP", 60),
        lambda: thumbs.film(6.0),
        lambda: thumbs.film(6.0, "webm", "libvpx-vp9"),
    ],
    ids=["gif", "webp", "mp4", "webm"],
)
def test_what_moves_becomes_a_short_silent_film_and_a_still(tmp_path: Path, source: Make) -> None:
    found = drawn(tmp_path, source())
    assert opened(found["small"]).size == (320, 240)
    codec, size, seconds, sounds = thumbs.facts(found["clip"])
    assert (codec, size, sounds) == ("h264", (320, 240), 0)
    assert 3.5 <= seconds <= drawing.CLIP_S + 0.2
    assert len(found["clip"]) <= drawing.CLIP_BYTES


def test_the_moving_one_moves_and_the_still_stands(tmp_path: Path) -> None:
    found = drawn(tmp_path, thumbs.photo(), thumbs.moving("WEBP"))
    assert found["clip"]
    assert opened(found["large"]).size == (640, 480)


@pytest.mark.parametrize(
    "moving",
    [lambda: b"nothing", lambda: thumbs.moving("GIF")[:300], thumbs.photo],
    ids=["nothing", "truncated", "still"],
)
def test_a_still_is_whole_where_its_moving_one_is_not(tmp_path: Path, moving: Make) -> None:
    found = drawn(tmp_path, thumbs.photo(), moving())
    assert found["small"]
    assert not found["clip"]


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
def test_what_is_no_picture_is_refused(tmp_path: Path, data: Make) -> None:
    content = data()
    with pytest.raises(Exception, match=r".") as refused:
        drawn(tmp_path, content)
    assert not isinstance(refused.value, AssertionError)
