"""A picture of any mode becomes a picture that browsers can show."""

import io
import struct
import zlib
from typing import Any

import pytest
from PIL import Image, ImageCms

from core.pictures.browser_copy import WHITE, browser_copy
from tests.tables import each_row

BLACK, RED, GREEN = (0, 0, 0), (255, 0, 0), (0, 255, 0)


def picture(mode: str, *values: Any, **info: Any) -> Image.Image:
    image = Image.new(mode, (len(values), 1))
    for x, value in enumerate(values):
        image.putpixel((x, 0), value)
    image.info.update(**info)
    return image


def save_and_open(image: Image.Image, kind: str, **options: Any) -> Image.Image:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return Image.open(out)


def png(depth: int, colour: int, row: bytes, width: int, transparent: bytes) -> Image.Image:
    """Return a PNG of one row, in formats that Pillow itself cannot write."""
    head = struct.pack(">IIBBBBB", width, 1, depth, colour, 0, 0, 0)
    content = {
        b"IHDR": head,
        b"tRNS": transparent,
        b"IDAT": zlib.compress(b"\0" + row),
        b"IEND": b"",
    }
    chunks = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in content.items()
    ]
    return Image.open(io.BytesIO(b"\x89PNG\r\n\x1a\n" + b"".join(chunks)))


def swapped_profile() -> bytes:
    """Return sRGB's profile with the primaries of red and green exchanged."""
    plain = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return plain.replace(b"rXYZ", b"?XYZ").replace(b"gXYZ", b"rXYZ").replace(b"?XYZ", b"gXYZ")


WORDS = struct.pack(">6H", 1000, 2000, 3000, 65535, 0, 0)
PROFILE = swapped_profile()
# The original, and the pixels of its copy.
ROWS: dict[str, tuple[Image.Image, list[tuple[int, ...]]]] = {
    "16 bits": (save_and_open(picture("I;16", 0, 65535, 0), "PNG"), [BLACK, WHITE, BLACK]),
    "integers": (save_and_open(picture("I", -5, 2**30), "TIFF"), [BLACK, WHITE]),
    "floats": (save_and_open(picture("F", 0.2, 0.7, float("nan")), "TIFF"), [BLACK, WHITE, BLACK]),
    "RGB of 16 bits": (png(16, 2, WORDS, 2, WORDS[:6]), [(3, 7, 11, 0), (*RED, 255)]),
    "palette": (save_and_open(picture("P", 0), "PNG", transparency=0), [(*BLACK, 0)]),
    "profile": (save_and_open(picture("RGB", GREEN), "PNG", icc_profile=PROFILE), [RED]),
    "broken profile": (picture("RGB", GREEN, icc_profile=b"none"), [GREEN]),
    "CMYK": (save_and_open(picture("CMYK", (0, 0, 0, 255)), "TIFF"), [BLACK]),
}


@each_row("original, pixels", ROWS.values(), ids=[*ROWS])
def test_a_copy_shows_what_is_meant(original, pixels):
    copy = browser_copy(original)
    copied = [*copy.get_flattened_data()]
    assert copied == [pytest.approx(pixel, abs=1) for pixel in pixels]
    assert not copy.info


def test_a_copy_is_upright_and_broken_exif_is_ignored():
    exif = Image.Exif()
    exif[0x0112] = 6
    assert browser_copy(save_and_open(Image.new("RGB", (4, 2)), "JPEG", exif=exif)).size == (2, 4)
    assert browser_copy(save_and_open(Image.new("I;16", (4, 2)), "PNG", exif=exif)).size == (2, 4)
    assert browser_copy(
        save_and_open(Image.new("RGB", (4, 2)), "JPEG", exif=b"Exif\0\0MM?")
    ).size == (4, 2)
