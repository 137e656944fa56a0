"""Reads the frames of a video."""

import io
from itertools import islice

import av
from PIL import Image

from sandbox.errors import ModelError
from sandbox.execution.context import Context

MOST_FRAMES = 600
FPS = 24


def decode(data: bytes) -> tuple[list[Image.Image], float]:
    """All frames (at most one more than MOST_FRAMES) and the frame rate; raises av.FFmpegError."""
    with av.open(io.BytesIO(data), "r") as container:
        stream = container.streams.video[0]
        arrays = (frame.to_ndarray(format="rgb24") for frame in container.decode(stream))
        frames = [Image.fromarray(array) for array in islice(arrays, MOST_FRAMES + 1)]
        return frames, float(stream.average_rate or FPS)


def load(context: Context, url: str, *loc: str | int) -> tuple[list[Image.Image], float]:
    """The frames and the frame rate of the video at a URL; raises ModelError at `loc`."""
    data, kind = context.load(url, *loc)
    try:
        frames, fps = decode(data)
    except (av.FFmpegError, IndexError) as error:
        formats = {"supported_formats": ["mp4", "mov", "webm", "gif"]}
        raise ModelError(
            "unsupported_video_format", f"{kind} could not be read", loc, formats
        ) from error
    if len(frames) > MOST_FRAMES:
        ctx = {"max_duration": MOST_FRAMES / fps, "provided_duration": len(frames) / fps}
        raise ModelError("video_duration_too_long", "The video is too long", loc, ctx)
    context.log(f"Decoded {len(frames)} frames at {fps:.0f} a second")
    return frames, fps
