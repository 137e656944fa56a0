"""Converts any picture that Pillow opens into one that browsers show correctly.

Pillow's own conversions clip measurements at 255, compare a transparent colour of 16 bits with
pixels of 8, and ignore and drop colour profiles. Subprocesses import this without Django.
"""

from __future__ import annotations

import io
from contextlib import suppress
from typing import Any

from PIL import Image, ImageCms, ImageOps

from core.pictures.orientation import NOT_TURNED

WHITE, GREY = (255, 255, 255), (217, 217, 214)
CHECK_PX = 12
# How many times larger a transparent colour of PNG is than the pixel that Pillow makes of it.
_SAMPLE_FACTORS = {"L;2": 1 / 85, "L;4": 1 / 17, "RGB;16B": 256}


def browser_copy(picture: Image.Image) -> Image.Image:
    """Return an upright copy in sRGB, 8 bits a channel: mode RGB, or RGBA with transparency."""
    profile = picture.info.get("icc_profile")
    transparent = _transparent_colour(picture)
    upright = _upright(picture)
    if transparent is not None:
        upright.info["transparency"] = transparent
    if is_measurement(picture):
        return _measurement(upright)
    colours, alpha = _colours_and_alpha(upright)
    plain = _in_srgb(colours, profile)
    if alpha is not None:
        plain.putalpha(alpha)
    plain.info.clear()
    return plain


def is_shown_alike(picture: Image.Image) -> bool:
    """Whether browsers show the picture itself and an opaque copy alike."""
    is_plain = not is_measurement(picture) and not picture.has_transparency_data
    return is_plain and picture.format != "TIFF"


def is_measurement(picture: Image.Image) -> bool:
    """Whether pixels are numbers of more than 8 bits, such as depths, instead of colours."""
    return picture.mode.startswith(("I", "F"))


def opaque(picture: Image.Image, check_px: int = 0) -> Image.Image:
    """Return a browser copy on white, or on light checks if these have a size.

    On the checks, black and white lines are visible in every theme.
    """
    if picture.mode == "RGB":
        return picture
    ground = Image.new("RGBA", picture.size, WHITE)
    if check_px:
        for top in range(0, picture.height, check_px):
            for left in range(top % (2 * check_px), picture.width, 2 * check_px):
                ground.paste(GREY, (left, top, left + check_px, top + check_px))
    return Image.alpha_composite(ground, picture).convert("RGB")


def _transparent_colour(picture: Image.Image) -> Any:
    """Return the transparent colour in the scale of the pixels, before the file is read."""
    colour = picture.info.get("transparency")
    tiles = getattr(picture, "tile", [])
    factor = _SAMPLE_FACTORS.get(str(tiles[0].args) if tiles else "")
    if factor is None or colour is None:
        return colour
    samples = colour if isinstance(colour, tuple) else (colour,)
    scaled = tuple(int(sample / factor) for sample in samples)
    return scaled if isinstance(colour, tuple) else scaled[0]


def _upright(picture: Image.Image) -> Image.Image:
    if picture.format in NOT_TURNED:
        return picture.copy()
    try:
        return ImageOps.exif_transpose(picture)
    except Exception:  # broken EXIF raises anything, and browsers ignore it
        return picture.copy()


def _measurement(picture: Image.Image) -> Image.Image:
    """Return measurements as grey values from the least to the greatest of them."""
    import numpy  # needed for these alone

    values = numpy.asarray(picture, "float32")
    transparent = picture.info.get("transparency")
    is_known = numpy.isfinite(values) & (values != (-1 if transparent is None else transparent))
    low = values.min(where=is_known, initial=numpy.inf)
    high = values.max(where=is_known, initial=-numpy.inf)
    if low >= high:
        low = 0  # a single value is white, as in browsers, unless it is 0
    scale = 255 / (high - low) if high > low else 1
    grey = numpy.nan_to_num((values - low) * scale, nan=0, posinf=255, neginf=0).clip(0, 255)
    plain = Image.fromarray(grey.astype("uint8")).convert("RGB")
    if transparent is not None:
        plain.putalpha(Image.fromarray(is_known.astype("uint8") * 255))
    return plain


def _colours_and_alpha(picture: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Return the colours in a mode that profiles describe, and the alpha channel or None."""
    grey_or_colour = "L" if picture.mode in {"1", "L", "LA"} else "RGB"
    if picture.has_transparency_data:
        layer = picture.convert("RGBA")
        return layer.convert(grey_or_colour), layer.getchannel("A")
    return picture if picture.mode in {"CMYK", "LAB"} else picture.convert(grey_or_colour), None


def _in_srgb(colours: Image.Image, profile: bytes | None) -> Image.Image:
    """Return the colours that the profile describes; a broken one is ignored, as browsers do."""
    if colours.mode == "LAB":
        source: Any = ImageCms.createProfile("LAB")
    else:
        source = io.BytesIO(profile) if profile else None
    if source is not None:
        with suppress(OSError, ImageCms.PyCMSError):
            target = ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(colours, source, target, outputMode="RGB")
            if converted is not None:
                return converted
    return colours.convert("RGB")
