"""Videos: H.264 in MP4, of a recorded flight or of a picture."""

import io
import tempfile
from collections.abc import Iterable, Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image, ImageOps

from sandbox import recorded_files
from sandbox.contract.registry import Arguments
from sandbox.execution.context import Context
from sandbox.studio.pictures import canvas
from sandbox.studio.pictures.colour import palette

FPS = 24
HEIGHTS = {"360p": 360, "480p": 480, "720p": 720}
RATIOS = {"16:9": 16 / 9, "1:1": 1.0, "9:16": 9 / 16, "4:3": 4 / 3}
SMALLEST_SIDE = 64  # of a first frame, as the model's schema says
LONGEST_RATIO = 4.0  # of a video's sides; a longer image is cropped
LIGHTS = {  # the recorded flight by palette; `autumn` for the others
    **dict.fromkeys(("ocean", "arctic", "ink"), "winter"),
    **dict.fromkeys(("night", "rose"), "night"),
    **dict.fromkeys(("forest", "meadow"), "meadow"),
}
Frames = Iterable[Image.Image]


def drift_text(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Return a part of a recorded flight past mountains, in the light of the prompt."""
    total, seed = int(arguments["duration"]) * FPS, context.seed(arguments)
    size = _even(HEIGHTS[arguments["resolution"]], RATIOS[arguments["aspect_ratio"]])
    prompt = arguments["prompt"]
    context.log(f"Seed {seed}: {arguments['duration']} s at {size[0]}x{size[1]}")
    light = LIGHTS.get(palette(prompt, seed).name, "autumn")
    flight = _decode(recorded_files.choice(f"films/{light}.mp4"))
    if seed % 2:
        flight = [ImageOps.mirror(frame) for frame in flight]
    there_and_back = cycle(flight + flight[-2:0:-1])
    begins = seed % len(flight)
    frames = (canvas.cover(frame, size) for frame in islice(there_and_back, begins, begins + total))
    return {"video": _render(context, frames, total, size), "seed": seed, "prompt": prompt}


def drift_image(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Return a slow camera movement over a still image, which dissolves into the last frame."""
    image = canvas.load(context, arguments["image_url"], "image_url").convert("RGB")
    canvas.demand_sides(image, SMALLEST_SIDE, "image_url")
    ratio = min(max(image.width / image.height, 1 / LONGEST_RATIO), LONGEST_RATIO)
    size = _even(HEIGHTS[arguments["resolution"]], ratio)
    last = None
    if url := arguments.get("last_frame_url"):
        last = canvas.cover(canvas.load(context, url, "last_frame_url").convert("RGB"), size)
    total, seed = int(arguments["duration"]) * FPS, context.seed(arguments)
    context.log(f"{arguments['duration']} s at {size[0]}x{size[1]}")
    frames = _camera(image, last, size, total)
    return {"video": _render(context, frames, total, size), "seed": seed}


def _camera(
    image: Image.Image, last: Image.Image | None, size: canvas.Size, total: int
) -> Iterator[Image.Image]:
    wide, high = size[0] * 2, size[1] * 2
    source = canvas.cover(image, (wide, high))
    for number in range(total):
        t = number / (total - 1)
        left, top = wide * t * 0.15, high * t * 0.15
        box = (left, top, wide - left, high - top)
        frame = source.resize(size, Image.Resampling.BILINEAR, box)
        yield frame if last is None else Image.blend(frame, last, t)


def _decode(data: bytes) -> list[Image.Image]:
    """Return all frames of a recorded film."""
    with av.open(io.BytesIO(data), "r") as container:
        arrays = (frame.to_ndarray(format="rgb24") for frame in container.decode(video=0))
        return [Image.fromarray(array) for array in arrays]


def _render(context: Context, frames: Frames, total: int, size: canvas.Size) -> dict[str, Any]:
    """Encode and store `total` frames; return fal's Video object. Bills the film's seconds."""
    data = _encode(_reporting(frames, total, context), size)
    context.billed = round(total / FPS, 3)
    facts: dict[str, Any] = {"width": size[0], "height": size[1], "fps": FPS, "num_frames": total}
    return context.save(data, "video/mp4", "drift.mp4", **facts, duration=context.billed)


def _encode(frames: Frames, size: canvas.Size) -> bytes:
    """Return MP4 bytes (H.264, yuv420p, faststart)."""
    with tempfile.TemporaryDirectory() as folder:  # faststart reopens its file: no buffer
        path = Path(folder) / "film.mp4"
        with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as container:
            stream = container.add_stream("libx264", rate=FPS)
            stream.width, stream.height, stream.pix_fmt = size[0], size[1], "yuv420p"
            # Without cpu-independent x264's assembler code gives different bytes on other CPUs.
            stream.options = {
                "preset": "veryfast",
                "crf": "21",
                "x264-params": "cpu-independent=1",
            }
            stream.thread_count = 1
            for image in frames:
                frame = av.VideoFrame.from_ndarray(np.asarray(image), format="rgb24")
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return path.read_bytes()


def _reporting(frames: Frames, total: int, context: Context) -> Iterator[Image.Image]:
    """Yield the frames, with a log line at every quarter."""
    marks = {max(1, round(total * part / 4)) for part in (1, 2, 3, 4)}
    for number, frame in enumerate(frames, 1):
        yield frame
        if number in marks:
            context.step(number, total, "Frame", 0.1)


def _even(height: int, ratio: float) -> canvas.Size:
    """Return width and height for a ratio, both even, as H.264 requires."""
    wide, high = (height * ratio, height) if ratio >= 1 else (height, height / ratio)
    return (max(2, round(wide / 2) * 2), max(2, round(high / 2) * 2))
