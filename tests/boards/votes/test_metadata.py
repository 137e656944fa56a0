"""Metadata of media are blanked; the media stay what they are."""

from __future__ import annotations

import io
import struct
import wave
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops
from PIL.PngImagePlugin import PngInfo

from boards.votes.metadata import BlankedFile, patches

pytestmark = pytest.mark.any_database
SECRET = b"lab-flux-secret"


def picture() -> Image.Image:
    return Image.linear_gradient("L").resize((64, 48)).convert("RGB")


def png() -> bytes:
    told = PngInfo()
    told.add_text("parameters", SECRET.decode())
    told.add_itxt("prompt", SECRET.decode())
    return _saved("PNG", pnginfo=told)


def _saved(format_: str, **options: Any) -> bytes:
    out = io.BytesIO()
    picture().save(out, format_, **options)
    return out.getvalue()


def _exif() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0131] = SECRET.decode()  # Software
    return exif


def jpeg() -> bytes:
    return _saved("JPEG", exif=_exif(), comment=SECRET)


def webp() -> bytes:
    return _saved("WEBP", exif=_exif(), xmp=b"<x>" + SECRET + b"</x>")


def wav() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(range(100)) * 2)
    told = b"INFOISFT" + struct.pack("<I", len(SECRET)) + SECRET + b"\0"
    whole = out.getvalue() + b"LIST" + struct.pack("<I", len(told)) + told
    return whole[:4] + struct.pack("<I", len(whole) - 8) + whole[8:]


def mp4() -> bytes:
    def box(kind: bytes, *inner: bytes) -> bytes:
        content = b"".join(inner)
        return struct.pack(">I", 8 + len(content)) + kind + content

    told = box(b"udta", box(b"meta", SECRET))
    moov = box(b"moov", box(b"mvhd", bytes(20)), box(b"trak", box(b"tkhd", b"1"), told), told)
    return box(b"ftyp", b"isom") + moov + box(b"mdat", b"frames") + box(b"uuid", SECRET)


def mp3() -> bytes:
    tag = b"TSSE" + SECRET
    return b"ID3\x04\0\0" + bytes([0, 0, 0, len(tag)]) + tag + b"\xff\xfbsound" + (
        b"TAG" + SECRET.ljust(125, b"\0")
    )  # fmt: skip


def _ape() -> bytes:
    item = struct.pack("<II", len(SECRET), 0) + b"Tool\0" + SECRET
    ends = [
        b"APETAGEX" + struct.pack("<IIII", 2000, len(item) + 32, 1, flags) + bytes(8)
        for flags in (0xA0000000, 0x80000000)
    ]
    return ends[0] + item + ends[1]


def mp3_with_ape() -> bytes:
    return b"\xff\xfbsound" + _ape() + b"TAG" + SECRET.ljust(125, b"\0")


def aac() -> bytes:
    return _ape() + b"\xff\xf1sound"


def svg() -> bytes:
    return b"""<?xml version="1.0"?><!-- by %b --><?maker %b?>
    <svg xmlns="http://www.w3.org/2000/svg"><title id="t">%b</title><desc/>
    <metadata><x>%b</x></metadata><circle r="4"/><desc>%b</desc></svg><!-- %b""" % ((SECRET,) * 6)


@pytest.mark.parametrize("make", [png, jpeg, webp, wav, mp4, mp3, mp3_with_ape, aac, svg])
def test_nothing_of_the_origin_is_left_and_the_length_stays(make: Callable[[], bytes]) -> None:
    whole = make()
    assert SECRET in whole
    blank = BlankedFile(io.BytesIO(whole)).read()
    assert len(blank) == len(whole)
    assert SECRET not in blank
    assert blank != whole


@pytest.mark.parametrize("make", [png, jpeg, webp])
def test_a_picture_looks_as_before(make: Callable[[], bytes]) -> None:
    whole = make()
    with Image.open(io.BytesIO(BlankedFile(io.BytesIO(whole)).read())) as after:
        after.load()
        with Image.open(io.BytesIO(whole)) as before:
            assert ImageChops.difference(before.convert("RGB"), after.convert("RGB")).getbbox() is (
                None
            )
        assert not after.getexif()
        assert "parameters" not in after.info


def test_a_drawing_and_a_sound_keep_their_content() -> None:
    drawing = BlankedFile(io.BytesIO(svg())).read()
    assert b'<circle r="4"/>' in drawing
    assert b"</svg>" in drawing
    for make in (mp3_with_ape, aac):
        assert b"sound" in BlankedFile(io.BytesIO(make())).read()


def test_a_drawing_of_nothing_but_beginnings_takes_no_time() -> None:
    whole = b"<svg>" + b"<title>" * 500_000
    assert BlankedFile(io.BytesIO(whole)).read().strip() == b"<svg>"


def test_a_film_keeps_its_frames() -> None:
    blank = BlankedFile(io.BytesIO(mp4())).read()
    assert b"mdat" in blank
    assert b"frames" in blank
    assert b"udta" not in blank


@pytest.mark.parametrize("make", [png, jpeg, webp, wav, mp4, mp3])
@given(first=st.integers(0, 2000), count=st.integers(0, 2000))
def test_any_range_is_that_of_the_blanked_file(
    make: Callable[[], bytes], first: int, count: int
) -> None:
    whole = make()
    expected = BlankedFile(io.BytesIO(whole)).read()
    part = BlankedFile(io.BytesIO(whole))
    part.seek(first)
    assert part.read(count) == expected[first : first + count]


@given(
    st.sampled_from(
        [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBP", b"\0\0\0\x08ftyp"]
    ),
    st.binary(max_size=200),
)
def test_a_broken_file_is_no_trouble(head: bytes, rest: bytes) -> None:
    whole = head + rest
    assert len(BlankedFile(io.BytesIO(whole)).read()) == len(whole)


def test_what_is_not_known_stays() -> None:
    assert patches(io.BytesIO(b"words " + SECRET)) == []
