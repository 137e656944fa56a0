"""Reads the frames of a video."""

import io

import av

from sandbox.errors import ModelError
from sandbox.execution.context import Context
from sandbox.studio.pictures.colour import Array


def decode(context: Context, url: str, *loc: str | int) -> tuple[list[Array], float]:
    """All frames (at most 600) and the frame rate of a video; raises ModelError at `loc`."""
    data, kind = context.load(url, *loc)
    try:
        with av.open(io.BytesIO(data), "r") as container:
            stream = container.streams.video[0]
            fps = float(stream.average_rate or 24)
            frames = []
            for frame in container.decode(stream):
                frames.append(frame.to_ndarray(format="rgb24"))
                if len(frames) > 600:
                    ctx = {
                        "max_duration": 600 / fps,
                        "provided_duration": float(stream.duration or 0),
                    }
                    raise ModelError("video_duration_too_long", "The video is too long", loc, ctx)
    except (av.FFmpegError, IndexError) as error:
        formats = {"supported_formats": ["mp4", "mov", "webm", "gif"]}
        raise ModelError(
            "unsupported_video_format", f"{kind} could not be read", loc, formats
        ) from error
    return frames, fps
