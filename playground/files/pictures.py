"""Measures a file and draws its small pictures: a program of its own, which may be killed.

Results come from models of others; `posters.py` starts this and hands it one file at a time.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import av
from PIL import Image, ImageOps, ImageStat

from catalog.pictures import confined
from catalog.pictures.confined import MAX_PIXELS

THUMBNAIL_PX = 512
POSTER_PX = 1280
SMALL_BYTES = 48 << 10  # a picture this small is its own thumbnail
MOST_FRAMES = 250  # decoded to get from a keyframe to the one that is wanted
FLAT = 6.0  # of 255: a frame whose greys differ less shows nothing (fades in from black)


def look(path: str, content_type: str) -> dict[str, Any]:
    """Kind, width, height, duration, poster and thumbnail (WebP in base64), as far as the file has them."""
    if content_type.startswith("image/"):
        return _image(path)
    return _film(path) if content_type.startswith(("video/", "audio/")) else {}


def _image(path: str) -> dict[str, Any]:
    with Image.open(path) as picture:
        width, height = picture.size
        if picture.getexif().get(0x0112, 1) >= 5:  # lies on its side
            width, height = height, width
        seen: dict[str, Any] = {"kind": "image", "width": width, "height": height}
        if max(width, height) > THUMBNAIL_PX or Path(path).stat().st_size > SMALL_BYTES:
            picture.draft("RGB", (THUMBNAIL_PX, THUMBNAIL_PX))
            seen["thumbnail"] = _webp(ImageOps.exif_transpose(picture), THUMBNAIL_PX)
    return seen


def _film(path: str) -> dict[str, Any]:
    # A playlist of others may name any address: nothing but this very file is opened.
    with av.open(path, options={"protocol_whitelist": "file"}) as container:
        seen: dict[str, Any] = {"kind": _kind(container)}
        if container.duration:
            seen["duration_s"] = container.duration / av.time_base
        film = next(iter(container.streams.video), None)
        if film is None or film.width * film.height > MAX_PIXELS:
            return seen
        seen |= {"width": film.width, "height": film.height}
        frame = _telling(_frames(container, film))
        if frame is not None:
            seen["poster"] = _webp(frame, POSTER_PX)
            seen["thumbnail"] = _webp(frame, THUMBNAIL_PX)
    return seen


def _kind(container: Any) -> str:
    """A film or a sound: mp4, webm and ogg hold either, and a sound's cover is no film. Subtitles are neither."""
    cover = av.stream.Disposition.attached_pic
    if any(not one.disposition & cover for one in container.streams.video):
        return "video"
    return "audio" if container.streams.audio else ""


def _frames(container: Any, film: Any) -> Iterator[Image.Image]:
    """The first frame, then one about a quarter in."""
    frame = next(container.decode(film), None)
    if frame is None:
        return
    yield frame.to_image()
    if container.duration:
        container.seek(container.duration // 4)  # to the keyframe before
        for frame in islice(container.decode(film), MOST_FRAMES):
            if frame.time is not None and frame.time >= container.duration / av.time_base / 4:
                break
        yield frame.to_image()


def _telling(frames: Iterator[Image.Image]) -> Image.Image | None:
    """The first frame that shows something, else the first."""
    first = None
    for frame in frames:
        first = first or frame
        if ImageStat.Stat(frame.convert("L")).stddev[0] > FLAT:
            return frame
    return first


def _webp(picture: Image.Image, most_px: int) -> str:
    small = picture if picture.mode in {"RGB", "RGBA"} else picture.convert(_mode(picture))
    small = small.copy()
    small.thumbnail((most_px, most_px))
    out = io.BytesIO()
    small.save(out, "WEBP", quality=80, method=4)
    return base64.b64encode(out.getvalue()).decode()


def _mode(picture: Image.Image) -> str:
    return "RGBA" if picture.has_transparency_data else "RGB"


if __name__ == "__main__":
    confined.answer_all(lambda asked: look(asked["path"], asked["content_type"]))
