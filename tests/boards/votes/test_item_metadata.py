"""AVIF pictures keep their look and lose what they say about their origin."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops

from boards.votes.metadata import BlankedFile

pytestmark = pytest.mark.any_database
SECRET = b"lab-flux-secret"


def avif(frames: int = 1) -> bytes:
    exif = Image.Exif()
    exif[0x0131] = SECRET.decode()  # Software
    picture = Image.linear_gradient("L").resize((64, 48)).convert("RGB")
    more = [picture.rotate(90 * turn) for turn in range(1, frames)]
    out = io.BytesIO()
    xmp = b"<x>" + SECRET + b"</x>"
    picture.save(out, "AVIF", exif=exif, xmp=xmp, save_all=frames > 1, append_images=more)
    return out.getvalue()


def blanked(whole: bytes) -> bytes:
    return BlankedFile(io.BytesIO(whole)).read()


@pytest.mark.parametrize("frames", [1, 3])
def test_nothing_of_the_origin_is_left_and_the_picture_looks_as_before(frames: int) -> None:
    whole = avif(frames)
    assert SECRET in whole
    blank = blanked(whole)
    assert len(blank) == len(whole)
    assert SECRET not in blank
    assert b"Exif" not in blank
    with Image.open(io.BytesIO(whole)) as before, Image.open(io.BytesIO(blank)) as after:
        assert before.n_frames == after.n_frames == frames  # type: ignore[attr-defined]
        assert ImageChops.difference(before.convert("RGB"), after.convert("RGB")).getbbox() is None
        assert not after.getexif()
        assert "xmp" not in after.info


def test_items_whose_data_stand_in_the_head_are_blanked() -> None:
    def box(kind: bytes, *inner: bytes) -> bytes:
        content = b"".join(inner)
        return (8 + len(content)).to_bytes(4) + kind + content

    entry = box(b"infe", b"\3\0\0\0", b"\0\0\0\7", b"\0\0", b"mime", b"XMP\0text/xml\0")
    info = box(b"iinf", b"\1\0\0\0", b"\0\0\0\1", entry)
    place = b"\0\0\0\7" + b"\0\1" + b"\0\0" + b"\0\1" + b"\0\0" + len(SECRET).to_bytes(2)
    places = box(b"iloc", b"\2\0\0\0", b"\x22\0", b"\0\0\0\1", place)
    signed = box(b"hdlr", bytes(8), b"pict", bytes(12), SECRET + b"\0")
    meta = box(b"meta", bytes(4), signed, info, places, box(b"idat", SECRET))
    whole = box(b"ftyp", b"avif", bytes(4)) + meta + box(b"mdat", b"picture")
    assert whole.count(SECRET) == 2
    blank = blanked(whole)
    assert SECRET not in blank
    assert b"xml" not in blank
    assert blank.endswith(b"picture")


@given(cut=st.integers(0, 600), at=st.integers(40, 400), value=st.integers(0, 255))
def test_a_broken_picture_is_no_trouble(cut: int, at: int, value: int) -> None:
    whole = avif()[:cut] if cut < 500 else avif()
    whole = whole[:at] + bytes([value]) + whole[at + 1 :]
    assert len(blanked(whole)) == len(whole)
