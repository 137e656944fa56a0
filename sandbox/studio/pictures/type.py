"""Lettering with the typeface that Pillow includes."""

from functools import lru_cache

from PIL import ImageFont


@lru_cache(maxsize=256)
def font(size: int) -> ImageFont.FreeTypeFont:
    """The typeface at a size in pixels."""
    face = ImageFont.load_default(max(1, size))  # an image may be only a few pixels high
    assert isinstance(face, ImageFont.FreeTypeFont)  # noqa: S101 - Pillow without FreeType has none
    return face


def width_of(text: str, size: int, stroke: int = 0) -> float:
    """The width of a line in pixels."""
    return font(size).getlength(text) + 2 * stroke


def wrapped(text: str, size: int, room: float) -> list[str]:
    """The text broken into lines that fit."""
    lines: list[str] = []
    for word in text.split():
        if lines and width_of(f"{lines[-1]} {word}", size) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
