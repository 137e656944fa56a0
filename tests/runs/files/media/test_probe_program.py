"""What is measured and drawn of files that browsers show otherwise than usual, or not at all."""

import base64
import io
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from runs.files.media.probe_program import probe
from tests.catalog.thumbs import png
from tests.documents import with_case
from tests.runs.copying import picture as noise
from tests.tables import each_row


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
def test_pictures_that_browsers_do_not_show_have_a_poster(name, tmp_path):
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


def film(
    colours: list[int | None],
    codec: str = "libx264",
    container: str = "mp4",
    pixels: str = "yuv420p",
    ratio: Fraction | int = 1,
) -> bytes:
    """Return a film of one second for each colour: of that grey, or of noise for None."""
    out, dice = io.BytesIO(), np.random.default_rng(3)
    with av.open(out, "w", format=container) as file:
        stream: Any = file.add_stream(codec, rate=4)
        stream.width, stream.height, stream.pix_fmt = 96, 72, pixels
        stream.codec_context.sample_aspect_ratio = ratio
        for colour in colours:
            for _ in range(4):
                shape = (72, 96, 3)
                noise = dice.integers(0, 255, shape, np.uint8)
                content = noise if colour is None else np.full(shape, colour, np.uint8)
                file.mux(stream.encode(av.VideoFrame.from_ndarray(content, format="rgb24")))
        file.mux(stream.encode())
    return out.getvalue()


@each_row("colours", [[0, None, 0, 0], [0, 0, None, 0], [255, 255, 255, None]])
def test_a_poster_shows_a_later_frame_if_earlier_ones_are_of_one_colour(colours, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(film(colours))
    shades: Any = opened(probe(str(path), "video/mp4"), "poster").convert("L").getextrema()
    assert shades[1] - shades[0] > 50


@each_row(
    ("size", "face"),
    [((300, 9000), (256, 512)), ((9000, 300), (512, 256)), ((600, 1800), (171, 512))],
)
def test_a_picture_much_longer_than_wide_is_represented_by_its_beginning(size, face, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(noise(*size))
    answer = probe(str(path), "image/png")
    assert (answer["width"], answer["height"]) == size
    assert opened(answer, "thumbnail").size == face


@each_row(
    ("ratio", "size"),
    [(Fraction(16, 9), (171, 72)), (Fraction(1, 2), (96, 144)), (Fraction(1), (96, 72))],
)
def test_a_film_whose_pixels_are_not_square_is_as_large_as_players_show_it(ratio, size, tmp_path):
    own = film([None], ratio=ratio)
    for case in with_case("164-pixels-16-9.webm", own) if size == (171, 72) else [own]:
        path = tmp_path / "file"
        path.write_bytes(case)
        answer = probe(str(path), "video/webm")
        assert (answer["width"], answer["height"]) == size
        assert opened(answer, "poster").size == size
