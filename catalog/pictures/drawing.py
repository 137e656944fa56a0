"""Renders a thumbnail in our sizes, as a sandboxed subprocess of `thumbnails.py`.

The format is found by the first bytes, and decoders may try only the formats listed here: HTML,
SVG and playlists that refer to other URLs are never opened.
"""

from __future__ import annotations

import base64
import io
import tempfile
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from PIL import Image, ImageOps, ImageSequence

from core.pictures.browser_copy import browser_copy, opaque
from core.pictures.orientation import turned
from core.process import subprocess_worker

# Cards are 4:3 and at most 330 pixels wide: one size for plain screens, one for dense ones.
SMALL = (320, 240)
LARGE = (640, 480)
SMALL_BYTES, LARGE_BYTES, CLIP_BYTES = 24 << 10, 72 << 10, 384 << 10
# WebP: AVIF saves a tenth to a fifth at the same likeness, for five times the time (ADR 50).
# On a dense screen pixels are a quarter as large, so lower quality suffices for the large size.
SMALL_QUALITIES, LARGE_QUALITIES = (64, 50, 40, 30), (50, 40, 30)
MAX_PIXELS = 50_000_000
CLIP_S, CLIP_FPS = 4, 12
CLIP_CRFS = (30, 36, 42)
MOST_FRAMES = 600  # decoded for the clip
MIDDLE = (0.5, 0.4)  # centre of the crop to 4:3; faces are above the middle

PICTURES = ("JPEG", "PNG", "GIF", "WEBP", "AVIF")
FILMS = ((4, b"ftyp", "mov"), (0, b"\x1aE\xdf\xa3", "matroska"))  # offset, magic, demuxer
Frames = Iterator[tuple[float, Image.Image]]  # seconds since the beginning, the frame


class NoPicture(Exception):
    """The file cannot be rendered as a thumbnail."""


def render(still: str, moving: str) -> dict[str, Any]:
    """`small`, `large` and `clip` (base64; empty where there is none) and `colour`.

    `moving` is the path of an animated version, or empty: then `still` may be animated itself.
    """
    picture = first_frame(still)
    is_dense = min(picture.width / LARGE[0], picture.height / LARGE[1]) > SMALL[0] / LARGE[0]
    large = ImageOps.fit(picture, LARGE if is_dense else SMALL, centering=MIDDLE)
    small = large.resize(SMALL, Image.Resampling.BICUBIC) if is_dense else large
    rendered: dict[str, Any] = {
        "small": _text(webp(small, SMALL_BYTES, SMALL_QUALITIES)),
        "large": _text(webp(large, LARGE_BYTES, LARGE_QUALITIES)) if is_dense else "",
        "colour": "#{:02x}{:02x}{:02x}".format(*dominant(small)),
        "clip": "",
    }
    try:
        rendered["clip"] = _text(clip(frames(moving or still)))
    except Exception as error:  # decoders may raise anything; the still suffices
        rendered["no_clip"] = f"{type(error).__name__}: {error}"
    return rendered


def first_frame(path: str) -> Image.Image:
    """The first frame, upright and opaque; raises NoPicture."""
    if _film_format(path):
        frame = next(_film_frames(path), None)
        if frame is None:
            raise NoPicture("The film has no frame.")
        return frame[1]
    with Image.open(path, formats=PICTURES) as picture:
        _allow(picture.width, picture.height)
        picture.draft("RGB", (LARGE[0] * 2, LARGE[1] * 2))
        return opaque(browser_copy(picture))


def frames(path: str) -> Frames:
    """The frames of an animated file; empty for a still."""
    if _film_format(path):
        yield from _film_frames(path)
        return
    with Image.open(path, formats=PICTURES) as picture:
        _allow(picture.width, picture.height)
        at_s = 0.0
        if not getattr(picture, "is_animated", False):
            return
        for frame in ImageSequence.Iterator(picture):
            frame.load()
            yield at_s, opaque(browser_copy(frame))
            at_s += max(frame.info.get("duration") or 0, 20) / 1000


def clip(timed_frames: Frames) -> bytes:
    """The first seconds as a silent MP4 of the small size; empty for a still."""
    frames: list[Image.Image] = []
    for number, (at_s, frame) in enumerate(timed_frames):
        if at_s >= CLIP_S or number >= MOST_FRAMES:
            break
        due_count = int(at_s * CLIP_FPS) + 1  # frames due by this time
        if len(frames) < due_count:
            small = ImageOps.fit(frame, SMALL, centering=MIDDLE)
            frames += [small] * min(due_count - len(frames), CLIP_FPS)
    if len(frames) < 2:
        return b""
    for crf in CLIP_CRFS:
        film = _h264(frames, crf)
        if len(film) <= CLIP_BYTES:
            return film
    return b""


def webp(picture: Image.Image, most_bytes: int, qualities: Iterable[int]) -> bytes:
    """Encode as WebP, in the first quality that fits into `most_bytes`, else the last."""
    buffer = io.BytesIO()
    for quality in qualities:
        buffer = io.BytesIO()
        picture.save(buffer, "WEBP", quality=quality, method=5)
        if buffer.tell() <= most_bytes:
            break
    return buffer.getvalue()


def dominant(picture: Image.Image) -> tuple[int, int, int]:
    """The dominant colour."""
    few = picture.resize((32, 24)).quantize(5, method=Image.Quantize.MEDIANCUT)
    counts = few.histogram()
    most = counts.index(max(counts)) * 3
    red, green, blue = (few.getpalette() or [])[most : most + 3]
    return red, green, blue


def _h264(pictures: list[Image.Image], crf: int) -> bytes:
    # Playable before it is loaded completely; libav reopens the file by name to write this.
    options = {"movflags": "+faststart"}
    with tempfile.NamedTemporaryFile(suffix=".mp4") as file:
        with av.open(file.name, "w", format="mp4", options=options) as container:
            stream = container.add_stream("libx264", rate=Fraction(CLIP_FPS))
            stream.width, stream.height = SMALL
            stream.pix_fmt = "yuv420p"
            stream.options = {"crf": str(crf), "preset": "medium", "threads": "1"}
            frame: Any = av.VideoFrame
            for picture in pictures:
                container.mux(stream.encode(frame.from_image(picture)))
            container.mux(stream.encode())
        return Path(file.name).read_bytes()


def _film_format(path: str) -> str:
    with Path(path).open("rb") as file:
        head = file.read(16)
    is_still = head[8:12] in {b"avif", b"avis", b"mif1", b"heic"}
    formats = (name for at, magic, name in FILMS if head[at : at + len(magic)] == magic)
    return "" if is_still else next(formats, "")


def _film_frames(path: str) -> Frames:
    with av.open(path, format=_film_format(path)) as container:
        film = next(iter(container.streams.video), None)
        if film is None:
            return
        _allow(film.width, film.height)
        decoded: Iterator[Any] = container.decode(film)
        for frame in decoded:
            yield float(frame.time or 0.0), turned(frame, film)


def _allow(width: int, height: int) -> None:
    if not 0 < width * height <= MAX_PIXELS:
        raise NoPicture(f"{width:,} by {height:,} pixels exceed the limit.")


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


if __name__ == "__main__":
    subprocess_worker.serve(lambda request: render(request["still"], request["moving"]))
