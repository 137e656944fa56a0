"""Writes one frame of a film as a PNG; runs in a subprocess that may be killed.

`runs/files/frames.py` starts it for each frame that somebody wants to use.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple

import av
from PIL import Image

from core.pictures.orientation import turned
from core.process import subprocess_worker
from core.process.subprocess_worker import MAX_PIXELS
from runs.files.media.probe_program import films, opened

AFTER_END_S = 0.5  # players round a film's length, and may stop so much after its streams
ROUNDED_S = 0.0001  # browsers cut times to microseconds, below the time of the frame itself


class Shown(NamedTuple):
    """A frame, when it begins, and when the film ends if no frame follows; in seconds."""

    picture: Image.Image
    at_s: float
    ends_at_s: float = math.inf


def write_frame(path: str, target: str, at: str) -> dict[str, Any]:
    """Write the frame that players show `at` seconds after the film's beginning, or the last one.

    Returns `at`, when that frame begins; or only `ends_at` if the film is over by then. Raises
    ValueError if no frame can be decoded, and FFmpeg's errors.
    """
    at_s = float(at) if at else math.inf
    shown = _shown(path, at_s, is_sought=True) or _shown(path, at_s, is_sought=False)
    if shown is None:
        raise ValueError("the film has no frame that can be decoded")
    if at and at_s > shown.ends_at_s + AFTER_END_S:
        return {"ends_at": round(shown.ends_at_s, 2)}
    shown.picture.save(target, "PNG")
    return {"at": round(max(0.0, shown.at_s), 3)}


def _shown(path: str, at_s: float, *, is_sought: bool) -> Shown | None:
    """Return the frame shown at a moment, by the times of frames: their distances may vary.

    Decodes from the keyframe before it, or from the beginning: some files cannot be sought, and
    some lead to a keyframe that is shown later. None if it is not there.
    """
    with opened(path) as container:
        video = next(iter(films(container)), None)
        if video is None or video.width * video.height > MAX_PIXELS:
            return None
        begin_s = min(0, container.start_time or 0) / av.time_base  # shown from its first frame
        length_s = (container.duration or 0) / av.time_base
        if is_sought:
            with suppress(av.FFmpegError):
                sought_s = begin_s + min(at_s, length_s)
                container.seek(int(sought_s / video.time_base), stream=video)
        shown, is_last = None, True
        for frame in _decoded(container, video):
            if shown and frame.time is not None and frame.time - begin_s > at_s + ROUNDED_S:
                is_last = False
                break
            shown = frame
        if shown is None:
            return None
        shown_s = (shown.time or 0.0) - begin_s
        if is_sought and shown_s > at_s + ROUNDED_S:
            return None
        ends_at_s = max(shown_s, length_s) if is_last else math.inf  # headers may leave some out
        return Shown(turned(shown, video), shown_s, ends_at_s)


def _decoded(container: Any, video: Any) -> Iterator[Any]:
    """Yield frames in the order of their times; like players, skip those that are damaged."""
    with suppress(av.FFmpegError):  # the film is cut off here
        for packet in container.demux(video):
            with suppress(av.FFmpegError):
                yield from packet.decode()


if __name__ == "__main__":
    subprocess_worker.serve(
        lambda request: write_frame(request["path"], request["target"], request["at"])
    )
