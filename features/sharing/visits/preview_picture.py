"""Composes the picture that chats show for a link: a share's first pictures side by side."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

SIZE = WIDTH, HEIGHT = 1200, 630  # https://ogp.me; large networks crop to this size
MOST, GAP = 4, 8
GROUND = (245, 244, 241)
MOST_PIXELS = 50_000_000


def compose(pictures: Sequence[bytes]) -> bytes:
    """Return a JPEG of at most four pictures, each cropped to its part; plain without any.

    A picture that cannot be read leaves its part empty.
    """
    from PIL import Image, ImageOps  # four megabytes of code, needed only here

    from core.pictures.browser_copy import CHECK_PX, browser_copy, opaque

    canvas = Image.new("RGB", SIZE, GROUND)
    boxes = _boxes(len(pictures[:MOST]))
    for content, (left, top, width, height) in zip(pictures, boxes, strict=False):
        try:
            with Image.open(io.BytesIO(content)) as opened:
                if opened.width * opened.height > MOST_PIXELS:
                    continue
                picture = browser_copy(opened)
        except (OSError, ValueError, Image.DecompressionBombError):
            continue
        part = opaque(ImageOps.fit(picture, (width, height)), CHECK_PX)
        canvas.paste(part, (left, top))
    file = io.BytesIO()
    canvas.save(file, "JPEG", quality=82)
    return file.getvalue()


def _boxes(count: int) -> list[tuple[int, int, int, int]]:
    """Return left, top, width and height of each picture's part."""
    half, low = (WIDTH - GAP) // 2, (HEIGHT - GAP) // 2
    right, below = half + GAP, low + GAP
    return {
        0: [],
        1: [(0, 0, WIDTH, HEIGHT)],
        2: [(0, 0, half, HEIGHT), (right, 0, half, HEIGHT)],
        3: [(0, 0, half, HEIGHT), (right, 0, half, low), (right, below, half, low)],
        4: [(x, y, half, low) for y in (0, below) for x in (0, right)],
    }[count]
