"""Measures a file and renders its previews; runs in a subprocess that may be killed.

Results come from third-party models; `probe.py` starts this and sends it one file at a time.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from itertools import islice
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image, ImageStat

from core.pictures.browser_copy import CHECK_PX, is_shown_alike, opaque
from core.pictures.orientation import film_size, quarter_turn, shown_size, turned
from core.process import subprocess_worker
from core.process.subprocess_worker import MAX_PIXELS
from runs.file_kinds import FORMATS
from runs.files.media.encoding import small_copy, webp
from runs.files.media.waveform import waveform

THUMBNAIL_PX = 512
POSTER_PX = 1280
SMALL_BYTES = 48 << 10  # a picture up to this size needs no thumbnail
MAX_FRAMES = 250  # decoded at most, between a keyframe and the wanted frame
MOST_S = 4.0  # for reading packets to measure a file's duration
# Headers of these formats state the duration; for others FFmpeg guesses it from the bit rate.
_SAY_LENGTH = {"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "wav", "aiff", "ogg"}
# Raw video streams, which do not state their frame rate: FFmpeg assumes 25.
_WITHOUT_CLOCK = {
    "apv",
    "av1",
    "avs2",
    "avs3",
    "cavsvideo",
    "dirac",
    "dnxhd",
    "evc",
    "h261",
    "h263",
    "h264",
    "hevc",
    "ingenient",
    "mjpeg",
    "mjpeg_2000",
    "obu",
    "rawvideo",
    "vc1",
    "vvc",
}
_SAME_S, _SAME = 0.1, 0.01  # a header leaves out what an encoder puts before the first sample
_JUMP_S = 0.5  # a step back in time starts another joined file
FLAT = 6.0  # of 255: frames whose values deviate less show nothing (fades from black)
LATER = (1 / 4, 1 / 2, 3 / 4)  # of a film's length: frames to try if earlier ones show nothing
GAMMA, WHITE_PERCENTILE = 2.2, 99  # of linear light, which may be brighter than white
_OF_FFMPEG = {"image/vnd.radiance", "image/x-exr"}


def probe(path: str, content_type: str) -> dict[str, Any]:
    """Return kind, size, duration, codec, poster and thumbnail (WebP, in base64), if any.

    A picture has a poster if browsers do not show the file: for its format or its size. A sound's
    thumbnail is its waveform.
    """
    if content_type.startswith("image/"):
        return _image(path, content_type)
    return _film_or_sound(path) if content_type.startswith(("video/", "audio/")) else {}


def _image(path: str, content_type: str) -> dict[str, Any]:
    if content_type in _OF_FFMPEG:
        return _image_of_ffmpeg(path)
    with _opened_picture(path) as picture:
        width, height = shown_size(picture)
        is_shown = content_type not in FORMATS and width * height <= MAX_PIXELS
        is_small = max(width, height) <= THUMBNAIL_PX and Path(path).stat().st_size <= SMALL_BYTES
        result: dict[str, Any] = {"kind": "image", "width": width, "height": height}
        picture.draft("RGB", (THUMBNAIL_PX, THUMBNAIL_PX) if is_shown else (POSTER_PX, POSTER_PX))
        if picture.width * picture.height > MAX_PIXELS:
            return result
        with suppress(Exception) if is_small else nullcontext():  # a damaged one is shown itself
            is_face = is_small and is_shown and is_shown_alike(picture)
            result |= _previews(picture, has_poster=not is_shown, has_thumbnail=not is_face)
    return result


def _opened_picture(path: str) -> Image.Image:
    """Open a picture of any size: only its header is read, so that its size is known."""
    limit_px, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        return Image.open(path)
    finally:
        Image.MAX_IMAGE_PIXELS = limit_px


def _previews(picture: Image.Image, *, has_poster: bool, has_thumbnail: bool) -> dict[str, Any]:
    result = {}
    if has_poster:
        result["poster"] = webp(opaque(small_copy(picture, POSTER_PX), CHECK_PX))
    if has_thumbnail:
        face = small_copy(picture, THUMBNAIL_PX, is_face=True)
        result["thumbnail"] = webp(opaque(face, CHECK_PX))
    return result


def _image_of_ffmpeg(path: str) -> dict[str, Any]:
    """Examine a picture of a format that Pillow does not know."""
    with opened(path) as container:
        video = container.streams.video[0]
        result: dict[str, Any] = {"kind": "image", "width": video.width, "height": video.height}
        if video.width * video.height > MAX_PIXELS:
            return result
        picture = _visible(next(container.decode(video)))
    return result | _previews(picture, has_poster=True, has_thumbnail=True)


def _visible(frame: Any) -> Image.Image:
    """Return a frame as a picture; its numbers may be linear light, or measurements like depths."""
    if not re.search("f(16|32)", frame.format.name):
        whole_numbers: Image.Image = frame.to_image()
        return whole_numbers
    if len(frame.format.components) == 1:
        return Image.fromarray(frame.to_ndarray(format="grayf32le"))
    light = np.nan_to_num(frame.to_ndarray(format="gbrpf32le"))
    white = max(1.0, float(np.percentile(light, WHITE_PERCENTILE)))
    return Image.fromarray(((light / white).clip(0, 1) ** (1 / GAMMA) * 255).astype("uint8"))


def _film_or_sound(path: str) -> dict[str, Any]:
    with opened(path) as container:
        duration_s, shortest_s = _playing_times_s(container)
    with opened(path) as container:
        result: dict[str, Any] = {"kind": _kind(container)}
        if duration_s:
            result |= {"duration_s": duration_s, "shortest_s": shortest_s}
        stream = next(iter([*films(container), *container.streams.audio]), None)
        if stream is not None:
            result["codec"] = stream.codec_context.codec.canonical_name
        if result["kind"] == "audio":
            try:
                picture = waveform(container, duration_s or 0.0)
                result["thumbnail"] = webp(picture, lossless=True)
            except Exception as error:  # a damaged sound is played as far as possible
                result["error"] = f"{type(error).__name__}: {error}"
            return result
        video = next(iter(container.streams.video), None)
        if video is None or video.width * video.height > MAX_PIXELS:
            return result
        result["width"], result["height"] = film_size(video)
        frame = _first_meaningful_frame(_frames(container, video, result))
        if frame is not None:
            result["poster"] = webp(small_copy(frame, POSTER_PX))
            result["thumbnail"] = webp(small_copy(frame, THUMBNAIL_PX))
    return result


def opened(path: str) -> Any:
    """Open a film or sound. A playlist may reference any address; only this file is allowed."""
    return av.open(path, options={"protocol_whitelist": "file"})


def _playing_times_s(container: Any) -> tuple[float | None, float | None]:
    """Return a file's duration in seconds, None if unknown, and the shortest that it may have.

    A film may stop early, and its header still state how long it is shown; so may its sound. The
    longest of the header and the times of each stream's packets is the duration. The shortest is
    None unless they differ. If there are more packets than can be read in time, the header decides.
    """
    if container.format.name in _WITHOUT_CLOCK:
        return None, None
    stated_s = container.duration / av.time_base if container.duration else 0.0
    is_stated = stated_s > 0 and container.format.name in _SAY_LENGTH
    spans: dict[int, list[tuple[float, float]]] = {}  # more than one in files that were joined
    until = time.monotonic() + MOST_S
    streams = [*container.streams.audio, *films(container)]
    for packet in container.demux(streams) if streams else ():
        if time.monotonic() > until:
            read_s = max(map(_length, spans.values()), default=0.0)
            return (stated_s, read_s) if is_stated and stated_s >= read_s else (None, None)
        if packet.dts is not None and not packet.is_discard:
            at = float(packet.dts * packet.time_base)
            end = at + float((packet.duration or 0) * packet.time_base)
            parts = spans.setdefault(packet.stream_index, [(at, at)])
            start, last = parts[-1]
            if at < last - _JUMP_S:
                parts.append((at, end))
            else:
                parts[-1] = (start, max(last, end))
    lengths = [*map(_length, spans.values())]
    measured_s = max(lengths, default=0.0)
    if _are_same(stated_s, measured_s):
        longest_s = stated_s
    else:
        longest_s = max(measured_s, stated_s if is_stated else 0.0)
    shortest_s = min([*lengths, *([stated_s] if is_stated else [])], default=0.0)
    return longest_s or None, None if _are_same(shortest_s, longest_s) else shortest_s


def _length(parts: list[tuple[float, float]]) -> float:
    return sum(end - start for start, end in parts)


def _are_same(some_s: float, other_s: float) -> bool:
    return abs(some_s - other_s) <= max(_SAME_S, _SAME * other_s)


def films(container: Any) -> list[Any]:
    """Return the video streams of an open file, without the cover art of audio."""
    cover = av.stream.Disposition.attached_pic
    return [stream for stream in container.streams.video if not stream.disposition & cover]


def _kind(container: Any) -> str:
    """Return video, audio or "": mp4, webm and ogg hold either."""
    if films(container):
        return "video"
    return "audio" if container.streams.audio else ""


def _frames(container: Any, video: Any, result: dict[str, Any]) -> Iterator[Image.Image]:
    """Yield the first frame, then later ones, all turned as players do.

    Only frames tell that a film is turned: `result` gets the size at which it is shown.
    """
    frame = next(container.decode(video), None)
    if frame is None:
        return
    if quarter_turn(frame) in {90, 270}:
        result["height"], result["width"] = film_size(video)
    yield turned(frame, video)
    length_s = result.get("duration_s") or 0.0
    for share in LATER if length_s else ():
        at_s = length_s * share
        container.seek(int(at_s * av.time_base))  # seeks to the previous keyframe
        for frame in islice(container.decode(video), MAX_FRAMES):
            if frame.time is not None and frame.time >= at_s:
                break
        yield turned(frame, video)


def _first_meaningful_frame(frames: Iterator[Image.Image]) -> Image.Image | None:
    """Return the first frame that is not of one colour, else the first."""
    first = None
    for frame in frames:
        first = first or frame
        if max(ImageStat.Stat(frame).stddev) > FLAT:
            return frame
    return first


if __name__ == "__main__":
    subprocess_worker.serve(lambda request: probe(request["path"], request["content_type"]))
