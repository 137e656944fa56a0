"""Writes pictures as the helper programs return them. Without Django: subprocesses import it."""

from __future__ import annotations

import base64
import io
from typing import Any

from PIL import Image

from core.pictures.browser_copy import browser_copy

LONG, FACE = 5, 2  # times as long as wide: of pictures that scroll, and of their faces


def webp(picture: Image.Image, **options: Any) -> str:
    """Return a picture as WebP in base64; `options` override the usual options of Pillow."""
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", **({"quality": 80, "method": 4} | options))
    return base64.b64encode(buffer.getvalue()).decode()


def small_copy(picture: Image.Image, max_px: int, *, is_face: bool = False) -> Image.Image:
    """Return a copy that browsers show, at most `max_px` wide and high.

    A face represents a picture in lists, where one much longer than wide would be a line: its face
    is the beginning.
    """
    small = browser_copy(picture)
    longer, shorter = max(small.size), min(small.size)
    if is_face and longer > LONG * shorter:
        width, height = (min(side, FACE * shorter) for side in small.size)
        small = small.crop((0, 0, width, height))
    small.thumbnail((max_px, max_px))
    return small
