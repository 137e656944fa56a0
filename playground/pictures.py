"""Measures a file and draws its small pictures: a program of its own, which may be killed.

Results come from models of others: a picture may claim a billion pixels, a film may keep
its decoder busy for ever. `posters.py` starts this, hands it one file at a time as a line
of JSON, and ends it when it takes too long; memory is limited here.
"""

from __future__ import annotations

import base64
import io
import json
import os
import resource
import sys
import warnings
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import av
from PIL import Image, ImageOps, ImageStat

MAX_PIXELS = 100_000_000
MAX_MEMORY_BYTES = 4 << 30
THUMBNAIL_PX = 512
POSTER_PX = 1280
SMALL_BYTES = 48 << 10  # a picture this small is its own thumbnail
MOST_FRAMES = 250  # decoded to get from a keyframe to the one that is wanted
FLAT = 6.0  # of 255: a frame whose greys differ less shows nothing (fades in from black)


def main() -> None:
    """Answer each line on the standard input, `{"path", "content_type"}`, with a line of what was seen."""
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(look(asked["path"], asked["content_type"])), flush=True)


def look(path: str, content_type: str) -> dict[str, Any]:
    """Width, height, duration, poster and thumbnail (WebP in base64), as far as the file has them."""
    try:
        if content_type.startswith("image/"):
            return _image(path)
        return _film(path) if content_type.startswith(("video/", "audio/")) else {}
    except Exception as error:  # whatever a decoder may raise on bytes of others
        return {"error": f"{type(error).__name__}: {error}"}


def _image(path: str) -> dict[str, Any]:
    with Image.open(path) as picture:
        width, height = picture.size
        if picture.getexif().get(0x0112, 1) >= 5:  # lies on its side
            width, height = height, width
        seen: dict[str, Any] = {"width": width, "height": height}
        if max(width, height) > THUMBNAIL_PX or Path(path).stat().st_size > SMALL_BYTES:
            picture.draft("RGB", (THUMBNAIL_PX, THUMBNAIL_PX))
            seen["thumbnail"] = _webp(ImageOps.exif_transpose(picture), THUMBNAIL_PX)
    return seen


def _film(path: str) -> dict[str, Any]:
    with av.open(path) as container:
        seen: dict[str, Any] = {}
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
    main()
