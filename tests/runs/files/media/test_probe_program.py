"""What is measured and drawn of files that browsers show otherwise than usual, or not at all."""

import base64
import io
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from runs.files.media.probe_program import probe
from tests.catalog.thumbs import png


def opened(answer: dict[str, Any], preview: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(answer[preview])))


def floating(codec: str, pixels: str, content: np.ndarray[Any, Any]) -> bytes:
    """Return a picture of floating-point numbers."""
    context: Any = av.CodecContext.create(codec, "w")
    context.height, context.width = content.shape[:2]
    context.pix_fmt, context.time_base = pixels, Fraction(1)
    frame = av.VideoFrame.from_ndarray(content.astype(np.float32), format=pixels)
    frame.pts = 0
    return b"".join(bytes(packet) for packet in [*context.encode(frame), *context.encode(None)])


def made(kind: str, size: tuple[int, int], **options: Any) -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").resize(size).save(out, kind, **options)
    return out.getvalue()


def sideways() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return made("WEBP", (80, 60), exif=exif.tobytes())


HUGE = png(20_000, 12_000, depth=8, kind=0, pixels=b"")
LIGHT = np.linspace(0, 20, 24 * 32 * 3).reshape(24, 32, 3)
PICTURES: dict[str, tuple[bytes, str, tuple[int, int], set[str]]] = {
    # content, type, size, and previews
    "OpenEXR": (floating("exr", "gbrpf32le", LIGHT), "image/x-exr", (32, 24), {"poster"}),
    "TIFF": (made("TIFF", (32, 24)), "image/tiff", (32, 24), {"poster"}),
    "too large": (HUGE, "image/png", (20_000, 12_000), set()),
    "WebP, which browsers do not turn": (sideways(), "image/webp", (80, 60), set()),
}  # fmt: skip


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_that_browsers_do_not_show_have_a_poster(name: str, tmp_path: Path) -> None:
    content, content_type, size, previews = PICTURES[name]
    path = tmp_path / "file"
    path.write_bytes(content)
    answer = probe(str(path), content_type)
    assert (answer["kind"], answer["width"], answer["height"]) == ("image", *size)
    assert answer.keys() & {"poster"} == previews
    for preview in previews:
        shades: Any = opened(answer, preview).convert("L").getextrema()
        assert shades[0] < 60
        assert shades[1] > 200
