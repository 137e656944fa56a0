"""A ballot's pictures are copies: they look the same, and nothing else of the file is left."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, ImageChops, ImageCms

from boards.votes import blind_files
from boards.votes.blind_files import open_blind

pytestmark = pytest.mark.any_database
SECRET = b"lab-flux-secret"
Opened = Callable[[bytes], Any]


@pytest.fixture
def opened() -> Iterator[Opened]:
    """`opened(content)`: a stored file with this content as a voter gets it."""
    names = []

    def store(content: bytes) -> Any:
        names.append(default_storage.save(f"tests/{uuid4()}", ContentFile(content)))
        return open_blind(names[-1])

    yield store
    for name in names:
        default_storage.delete(name)


def profile() -> bytes:
    """A colour profile that names who has made it."""
    made = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    at = made.find("sRGB".encode("utf-16-be"))
    assert at > 0
    made[at : at + 8] = b"lab-flux"
    return bytes(made)


def gradient(mode: str = "RGB") -> Image.Image:
    return Image.linear_gradient("L").resize((64, 48)).convert(mode)


def saved(format_: str, mode: str = "RGB", **options: Any) -> bytes:
    out = io.BytesIO()
    gradient(mode).save(out, format_, **options)
    return out.getvalue()


PICTURES = {
    "jpeg": lambda: saved("JPEG", icc_profile=profile(), comment=SECRET) + SECRET,
    "png": lambda: saved("PNG", icc_profile=profile()) + SECRET,
    "webp": lambda: saved("WEBP", icc_profile=profile(), lossless=True) + SECRET,
    "avif": lambda: saved("AVIF", icc_profile=profile(), quality=95) + SECRET,
    "bmp": lambda: saved("BMP") + SECRET,
    "tiff": lambda: saved("TIFF", icc_profile=profile(), tiffinfo={305: SECRET.decode()}),
    "paletted": lambda: saved("PNG", "P", icc_profile=profile()) + SECRET,
    "grey": lambda: saved("JPEG", "L", comment=SECRET),
    "printed": lambda: saved("JPEG", "CMYK", comment=SECRET),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_copy_looks_the_same_and_tells_nothing(name: str, opened: Opened) -> None:
    whole = PICTURES[name]()
    with opened(whole) as file:
        copied = file.read()
        assert file.size == len(copied)
    assert SECRET not in copied
    with Image.open(io.BytesIO(whole)) as before, Image.open(io.BytesIO(copied)) as after:
        assert after.format == before.format
        assert "icc_profile" not in after.info
        difference = ImageChops.difference(before.convert("RGB"), after.convert("RGB"))
        assert difference.point(lambda value: value > 16 and 255).getbbox() is None


def test_a_copy_is_turned_as_the_camera_says(opened: Opened) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    with Image.open(opened(saved("JPEG", exif=exif))) as copied:
        assert copied.size == (48, 64)
        assert not copied.getexif()


def test_a_transparent_picture_stays_transparent(opened: Opened) -> None:
    clear = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    out = io.BytesIO()
    clear.save(out, "PNG")
    with Image.open(opened(out.getvalue())) as copied:
        assert copied.getpixel((0, 0)) == (255, 0, 0, 0)


def test_a_moving_picture_keeps_its_frames(opened: Opened) -> None:
    out = io.BytesIO()
    frames = [gradient(), gradient().rotate(90)]
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:], xmp=SECRET)
    with opened(out.getvalue()) as file:
        content = file.read()
    assert SECRET not in content
    with Image.open(io.BytesIO(content)) as copied:
        assert copied.n_frames == 2  # type: ignore[attr-defined]


def test_the_colours_are_those_of_the_profile(opened: Opened) -> None:
    swapped = (
        profile().replace(b"rXYZ", b"tXYZ").replace(b"gXYZ", b"rXYZ").replace(b"tXYZ", b"gXYZ")
    )
    out = io.BytesIO()
    Image.new("RGBA", (8, 8), (255, 0, 0, 90)).save(out, "PNG", icc_profile=swapped)
    with Image.open(opened(out.getvalue())) as copied:
        red, green, blue, alpha = copied.getpixel((0, 0))  # type: ignore[misc]
    assert (red < 10, green > 245, blue < 10, alpha) == (True, True, True, 90)


def test_a_picture_of_too_many_pixels_is_not_decoded(opened: Opened) -> None:
    whole = bytearray(saved("PNG"))
    whole[16:24] = struct.pack(">II", 50_000, 50_000)
    with opened(bytes(whole)) as file:
        assert file.read() == bytes(whole)


def test_a_copy_is_made_once(opened: Opened) -> None:
    blind_files._COPIES.clear()
    opened(saved("PNG"))
    assert len(blind_files._COPIES) == 1
