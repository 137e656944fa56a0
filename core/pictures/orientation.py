"""Turns pictures and films upright: cameras store them sideways, with a note how to turn them.

The probe's subprocess imports this without Django.
"""

from __future__ import annotations

from typing import Any

from PIL import Image

# FFmpeg's number for a film that does not say how its colours are coded, and browsers' guess then.
_UNSAID, _HD_PX = 2, 720
_ORIENTATION = 0x0112  # in EXIF
_FIRST_SIDEWAYS = 5  # 5 to 8 exchange width and height
# Browsers ignore the note in WebP; Pillow itself turns TIFF when it opens it.
NOT_TURNED = {"WEBP", "TIFF"}
_MOST_STRETCHED = 10  # wrong beyond
_TURNS = {
    90: Image.Transpose.ROTATE_90,  # against the clock, as in a film's display matrix
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_270,
}


def shown_size(picture: Image.Image) -> tuple[int, int]:
    """Return a picture's width and height as browsers show it."""
    width, height = picture.size
    if picture.format in NOT_TURNED:
        return width, height
    try:
        orientation = picture.getexif().get(_ORIENTATION, 1)
    except Exception:  # broken EXIF raises anything, and browsers ignore it
        orientation = 1
    is_sideways = isinstance(orientation, int) and _FIRST_SIDEWAYS <= orientation <= 8
    return (height, width) if is_sideways else (width, height)


def quarter_turn(frame: Any) -> int:
    """Return the degrees by which a film's frame is turned anticlockwise: 0, 90, 180 or 270."""
    return int(round(frame.rotation / 90) * 90) % 360


def film_size(video: Any) -> tuple[int, int]:
    """Return the size at which players show a video stream before they turn it.

    Its pixels may be wider than high, or the other way round; players only ever enlarge.
    """
    ratio = float(video.sample_aspect_ratio or 1)
    if not 1 / _MOST_STRETCHED <= ratio <= _MOST_STRETCHED:
        ratio = 1
    width, height = video.width, video.height
    return (round(width * ratio), height) if ratio > 1 else (width, round(height / ratio))


def turned(frame: Any, video: Any) -> Image.Image:
    """Return a frame of a video stream as players show it, in the colours of browsers."""
    from av.video.reformatter import Interpolation  # of subprocesses; pages need no FFmpeg

    is_hd = frame.colorspace == _UNSAID and frame.height >= _HD_PX
    picture: Image.Image = frame.to_image(
        src_colorspace="ITU709" if is_hd else None,
        # Without rounding each frame is darker by 2 of 255, and so is a film that goes on from it.
        interpolation=Interpolation.BILINEAR
        | Interpolation.ACCURATE_RND
        | Interpolation.FULL_CHR_H_INT,
    )
    if film_size(video) != (video.width, video.height):
        picture = picture.resize(film_size(video))
    turn = _TURNS.get(quarter_turn(frame))
    return picture if turn is None else picture.transpose(turn)
