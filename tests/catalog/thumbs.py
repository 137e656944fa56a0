"""Makes thumbnails as upstream has them: pictures, videos, and the wrong files of some hosts."""

import io
import zlib
from typing import Any

import av
import numpy as np
from PIL import Image


def photo(
    size: tuple[int, int] = (1200, 900), kind: str = "JPEG", mode: str = "RGB", **options: Any
) -> bytes:
    """Return soft shapes with some grain, like a photograph."""
    dice = np.random.default_rng(7)
    soft = Image.fromarray(dice.integers(0, 255, (6, 8, 3), dtype=np.uint8))
    grain = dice.integers(-12, 12, (size[1], size[0], 3))
    pixels = np.asarray(soft.resize(size, Image.Resampling.BICUBIC)).astype(int) + grain
    picture = Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).convert(mode)
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def frames(count: int = 30, size: tuple[int, int] = (400, 300)) -> list[Image.Image]:
    """Return pictures of a square that moves over a plain ground."""
    pictures = []
    for number in range(count):
        frame = Image.new("RGB", size, (40, 90, 60))
        left = number * 8 % (size[0] - 60)
        frame.paste((240, 200, 40), (left, 50, left + 60, 110))
        pictures.append(frame)
    return pictures


def moving(kind: str, count: int = 30, frame_ms: int = 100) -> bytes:
    """Return an animated GIF or WebP."""
    first, *rest = frames(count)
    out = io.BytesIO()
    first.save(out, kind, save_all=True, append_images=rest, duration=frame_ms, loop=0)
    return out.getvalue()


def film(seconds: float = 6.0, kind: str = "mp4", codec: str = "libx264") -> bytes:
    """Return a video without sound."""
    out = io.BytesIO()
    with av.open(out, "w", format=kind) as container:
        stream = container.add_stream(codec, rate=10)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 400, 300, "yuv420p"
        for frame in frames(int(seconds * 10)):
            container.mux(
                stream.encode(
                    av.VideoFrame.from_ndarray(np.asarray(frame.convert("RGB")), format="rgb24")
                )
            )
        container.mux(stream.encode())
    return out.getvalue()


def bomb() -> bytes:
    """Return a PNG of a few hundred kilobytes that claims 20,000 by 20,000 pixels."""
    side = 20_000
    return png(side, side, depth=1, kind=0, pixels=bytes(side * (1 + side // 8)))


def png(width: int, height: int, *, depth: int, kind: int, pixels: bytes) -> bytes:
    """Return a PNG of exactly these bytes, valid pixels or not; `kind` is its colour type."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4) + name + data + zlib.crc32(name + data).to_bytes(4)

    head = width.to_bytes(4) + height.to_bytes(4) + bytes([depth, kind, 0, 0, 0])
    body = zlib.compress(pixels, 1)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def facts(clip: bytes) -> tuple[str, tuple[int, int], float, int]:
    """Return a video's codec, size, seconds and number of audio streams."""
    with av.open(io.BytesIO(clip), "r") as container:
        stream = container.streams.video[0]
        seconds = (container.duration or 0) / av.time_base
        size = (stream.width, stream.height)
        return stream.codec_context.name, size, seconds, len(container.streams.audio)
