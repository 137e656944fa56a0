"""The contact sheet as PNG: its size has a bound, and no file stops it."""

from __future__ import annotations

import io

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image

from boards.export import sheet_picture
from boards.export.sheet import SheetCell, SheetRow

pytestmark = pytest.mark.any_database


def cell(file: str = "", text: str = "words") -> SheetCell:
    return SheetCell("Flux", "1.2 s · $0.02", "", file, text, 4, is_winner=True)


@pytest.mark.parametrize(("rows", "columns"), [(0, 0), (1, 1), (20, 20), (400, 1), (1, 400)])
def test_a_contact_sheet_of_any_board_is_bounded(rows: int, columns: int) -> None:
    listed = [SheetRow(n, "a cat", [cell()] * columns) for n in range(rows)]
    layout = sheet_picture.layout_of(listed)
    assert layout.width * layout.height <= sheet_picture.MAX_PIXELS
    assert layout.side >= sheet_picture.NARROWEST


def test_a_contact_sheet_leaves_out_broken_pictures() -> None:
    out = io.BytesIO()
    Image.new("RGB", (80, 60), "#ff0000").save(out, "WEBP", lossless=True)
    good = default_storage.save("tests/sheet.webp", ContentFile(out.getvalue()))
    bad = default_storage.save("tests/sheet-bad.webp", ContentFile(b"RIFF\0\0\0\0WEBPVP8 x"))
    try:
        rows = [SheetRow(1, "eine Katze \u4e2d", [cell(good), cell(bad), cell("tests/none.webp")])]
        drawn = sheet_picture.draw("Cats \U0001f431", rows)
    finally:
        default_storage.delete(good)
        default_storage.delete(bad)
    with Image.open(io.BytesIO(drawn)) as sheet:
        assert sheet.format == "PNG"
        colours = {colour for _, colour in sheet.getcolors(1 << 20) or []}
    assert (255, 0, 0) in colours


def test_a_contact_sheet_shows_its_paper_through_transparent_pictures() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (80, 60), "#ff000000").save(out, "WEBP", lossless=True, exact=True)
    name = default_storage.save("tests/waveform.webp", ContentFile(out.getvalue()))
    try:
        drawn = sheet_picture.draw("Sounds", [SheetRow(1, "bells", [cell(name)])])
    finally:
        default_storage.delete(name)
    with Image.open(io.BytesIO(drawn)) as sheet:
        assert (255, 0, 0) not in {colour for _, colour in sheet.getcolors(1 << 20) or []}


def test_characters_missing_in_the_typeface_are_replaced() -> None:
    assert sheet_picture.known("plain") == "plain"
    assert sheet_picture.known("Zo\u00eb") in {"Zo\u00eb", "Zoe"}
    assert sheet_picture.known("\U0010fffe") == "?"
    assert sheet_picture.shortened("a  long   text", 8) == "a lon..."
