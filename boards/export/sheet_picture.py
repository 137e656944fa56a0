"""Draws a contact sheet as PNG from stored thumbnails; must not touch the database."""

from __future__ import annotations

import io
import logging
import textwrap
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from typing import NamedTuple

from django.core.files.storage import default_storage
from PIL import Image, ImageDraw, ImageFont

from boards.export.sheet import SheetCell, SheetRow

log = logging.getLogger(__name__)

MAX_PIXELS = 12_000_000
MAX_SOURCE_PIXELS, MAX_SOURCE_BYTES = 16_000_000, 4 << 20
FORMATS = ("WEBP", "PNG", "JPEG")  # of thumbnails, and of pictures small enough to have none
WIDEST, NARROWEST, STEP = 240, 80, 20  # pixels of a picture's side
PER_LINE = 8  # results side by side; a row continues on the next line
GAP, MARGIN, HEAD, CAPTION = 12, 24, 64, 40
_TYPEFACES = ("NotoSans-Regular.ttf", "DejaVuSans.ttf", "LiberationSans-Regular.ttf", "Arial.ttf")
_PLAIN = {"\u00b7": "|", "\u2013": "-", "\u2014": "-", "\u201c": '"', "\u201d": '"', "\u2019": "'"}
PAPER, INK, MUTED, MAT, ACCENT = "#fbfaf7", "#24221d", "#6a675f", "#efede7", "#b8400f"


class Layout(NamedTuple):
    """Sizes in pixels, of a picture and of the whole sheet."""

    side: int
    per_line: int
    width: int
    height: int


def draw(title: str, rows: Sequence[SheetRow]) -> bytes:
    """Return the contact sheet as PNG, of at most `MAX_PIXELS` pixels."""
    layout = layout_of(rows)
    sheet = Image.new("RGB", (layout.width, layout.height), PAPER)
    pen = ImageDraw.Draw(sheet)
    pen.text((MARGIN, MARGIN), shortened(title, layout.width // 14), INK, font(22))
    top = MARGIN + HEAD
    for row in rows:
        caption = shortened(f"{row.number}. {row.label}", layout.width // 8)
        pen.text((MARGIN, top), caption, INK, font(14))
        for place, cell in enumerate(row.cells):
            line, column = divmod(place, layout.per_line)
            left = MARGIN + column * (layout.side + GAP)
            _draw_cell(sheet, pen, cell, left, top + 26 + line * _line(layout.side), layout.side)
        top += _row_height(row, layout.side, layout.per_line)
    out = io.BytesIO()
    sheet.save(out, "PNG", compress_level=6)
    return out.getvalue()


def layout_of(rows: Sequence[SheetRow]) -> Layout:
    """Return the layout with the largest pictures for which the sheet is within `MAX_PIXELS`."""
    most = max((len(row.cells) for row in rows), default=1)
    per_line = max(1, min(most, PER_LINE))
    for side in range(WIDEST, NARROWEST - 1, -STEP):
        width = 2 * MARGIN + max(per_line * (side + GAP) - GAP, 360)
        height = 2 * MARGIN + HEAD + sum(_row_height(row, side, per_line) for row in rows)
        if width * height <= MAX_PIXELS:
            break
    return Layout(side, per_line, width, min(height, MAX_PIXELS // width))


def _line(side: int) -> int:
    return side * 3 // 4 + CAPTION + GAP


def _row_height(row: SheetRow, side: int, per_line: int) -> int:
    lines = max(1, -(-len(row.cells) // per_line))
    return 26 + lines * _line(side) + GAP


def _draw_cell(
    sheet: Image.Image, pen: ImageDraw.ImageDraw, cell: SheetCell, left: int, top: int, side: int
) -> None:
    tall = side * 3 // 4
    edge = ACCENT if cell.is_winner else MAT
    pen.rectangle((left - 2, top - 2, left + side + 1, top + tall + 1), MAT, edge, 2)
    picture = opened(cell.file, (side, tall))
    if picture:
        place = (left + (side - picture.width) // 2, top + (tall - picture.height) // 2)
        sheet.paste(picture, place)
    else:
        lines = textwrap.wrap(known(cell.text), max(8, side // 7))[: max(1, tall // 16 - 1)]
        pen.multiline_text((left + 8, top + 8), "\n".join(lines), MUTED, font(12), spacing=4)
    chars = max(6, side // 7)
    name = f"1st  {cell.name}" if cell.is_winner else cell.name
    pen.text((left, top + tall + 6), shortened(name, chars), INK, font(12))
    stars = f"{cell.stars}/5  " if cell.stars else ""
    pen.text((left, top + tall + 22), shortened(stars + cell.facts, chars), MUTED, font(11))


def opened(file: str, room: tuple[int, int]) -> Image.Image | None:
    """Return a stored picture scaled to its place; None if it cannot be decoded."""
    if not file:
        return None
    try:
        if default_storage.size(file) > MAX_SOURCE_BYTES:
            return None
        with default_storage.open(file) as opened, Image.open(opened, formats=FORMATS) as picture:
            if picture.width * picture.height > MAX_SOURCE_PIXELS:
                return None
            picture.draft("RGB", room)
            small = picture.convert("RGBA")
            small.thumbnail(room)
            paper = Image.new("RGBA", small.size, MAT)  # seen through waveforms and meshes
            return Image.alpha_composite(paper, small).convert("RGB")
    except Exception as error:  # storages and decoders raise any kind of exception
        log.warning("%s is not on the contact sheet: %r", file, error)
        return None


def shortened(text: str, chars: int) -> str:
    """Return the beginning of a text, in characters that the font has."""
    text = " ".join(known(text).split())
    return text if len(text) <= chars else f"{text[: max(chars - 3, 1)].rstrip()}..."


def known(text: str) -> str:
    """Return the text in characters that the font has: unaccented letters or `?` for others."""
    return "".join(map(_known, unicodedata.normalize("NFC", text)))


@lru_cache(maxsize=4096)
def _known(letter: str) -> str:
    if letter.isascii() or letter.isspace() or _is_drawn(letter):
        return letter
    plain = unicodedata.normalize("NFKD", letter)[0]
    return plain if plain.isascii() else _PLAIN.get(letter, "?")


def _is_drawn(letter: str) -> bool:
    image_font = font(12)
    return bytes(image_font.getmask(letter)) != bytes(image_font.getmask("\U0010ffff"))


@lru_cache(maxsize=16)
def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return a system font with many characters, else Pillow's own."""
    for name in _TYPEFACES:
        with suppress(OSError):
            return ImageFont.truetype(name, size)
    return ImageFont.load_default(size)
