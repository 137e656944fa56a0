"""Lettering with the typeface that Pillow includes."""

from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

from sandbox.studio.pictures.colour import Palette

Box = tuple[float, float, float, float]


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


def label(image: Image.Image, text: str, colours: Palette) -> Image.Image:
    """Draw a small label with the text in the lower left corner."""
    unit = max(8, image.width // 44)
    shown = text if len(text) <= 34 else text[:33].rsplit(" ", 1)[0] + " …"
    draw = ImageDraw.Draw(image)
    left, bottom = unit * 1.4, image.height - unit * 1.4
    right = left + width_of(shown, unit) + unit * 1.4
    top = bottom - unit * 2
    draw.rectangle(
        (left, top, right, bottom),
        fill=colours.bytes_at(0.97),
        outline=colours.bytes_at(0.1),
        width=max(1, unit // 12),
    )
    draw.text(
        (left + unit * 0.7, (top + bottom) / 2), shown, colours.bytes_at(0.1), font(unit), "lm"
    )
    return image
