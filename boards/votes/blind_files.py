"""Opens the files of a ballot without what reveals their origin.

A still picture is a copy, decoded and encoded anew in its format: nothing but its pixels is left.
Other files, and pictures that are too large, keep their bytes with the metadata blanked.
"""

from __future__ import annotations

import io
import logging
from contextlib import suppress
from threading import BoundedSemaphore
from typing import IO, Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from boards.votes.metadata import BlankedFile
from core.byte_cache import ByteCache

log = logging.getLogger(__name__)

MAX_PIXELS, MAX_BYTES = 20_000_000, 40 << 20
# By format, with the quality at which nobody sees a difference; speed matters more than size.
_OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 95, "subsampling": 0},
    "PNG": {"compress_level": 3},
    "WEBP": {"quality": 95, "method": 1},
    "AVIF": {"quality": 90, "speed": 9},
    "BMP": {},
    "TIFF": {},
}
_MODES = {"1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr"}  # of 8 bits
_copying = BoundedSemaphore(2)  # at once: each takes a CPU core and up to 250 MB
_COPIES: ByteCache[bytes] = ByteCache("pictures of ballots", 12 << 20, len)


def open_blind(name: str) -> Any:
    """Open a stored file for a voter; it can be read, sought and closed, and has a `size`."""
    copied = _COPIES.get(name)
    if copied is None:
        stored = default_storage.open(name)
        copied = _copy(stored) if stored.size <= MAX_BYTES else None
        if copied is None:
            return BlankedFile(stored)
        stored.close()
        _COPIES.put(name, copied)
    return ContentFile(copied)


def _copy(file: IO[bytes]) -> bytes | None:
    """Return a still picture encoded anew; None for any other file."""
    from PIL import Image, ImageOps  # large, and rarely needed in the web process

    with _copying:
        try:
            with Image.open(file, formats=[*_OPTIONS]) as picture:
                is_animated = getattr(picture, "n_frames", 1) > 1
                is_large = picture.width * picture.height > MAX_PIXELS
                if is_animated or is_large or picture.mode not in _MODES:
                    return None
                return _encode(_in_srgb(ImageOps.exif_transpose(picture)), str(picture.format))
        except Exception as error:  # decoders raise anything for what is no picture, or broken
            log.debug("a ballot's file is not copied as a picture: %r", error)
            return None


def _in_srgb(picture: Any) -> Any:
    """Return the picture in the colours that its profile describes, without the profile."""
    from PIL import ImageCms

    profile = picture.info.get("icc_profile")
    mode = "RGBA" if picture.has_transparency_data else "RGB"
    if picture.mode not in {"L", "CMYK", "RGB"} or mode == "RGBA":
        picture = picture.convert(mode)
    if profile:
        with suppress(OSError, ImageCms.PyCMSError):  # a broken profile is ignored, as browsers do
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            target = ImageCms.createProfile("sRGB")
            picture = ImageCms.profileToProfile(picture, source, target, outputMode=mode)
    plain = picture.convert(mode)
    plain.info.clear()
    return plain


def _encode(picture: Any, format_: str) -> bytes:
    out = io.BytesIO()
    has_alpha = format_ != "JPEG"
    (picture if has_alpha else picture.convert("RGB")).save(out, format_, **_OPTIONS[format_])
    return out.getvalue()
