"""A report as slides of 1920 × 1080 pixels, drawn as PNGs; must not touch the database."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from sharing.reports.sections import SECTIONS
from sharing.reports.showing import Shown

if TYPE_CHECKING:
    from sharing.reports.drawing import Canvas

Draw = Callable[["Canvas", Shown], None]


@dataclass(frozen=True)
class Slide:
    """One slide: its title, and what draws it below the title."""

    title: str
    draw: Draw


def titles(shown: Shown) -> list[str]:
    """Return the titles of the report's slides, in their order."""
    return [slide.title for slide in _slides(shown)]


def draw(shown: Shown, number: int) -> bytes:
    """Return one slide as PNG; `number` counts from 1."""
    from sharing.reports.drawing import Canvas  # Pillow is large, and rarely needed here

    slides = [*_slides(shown)]
    slide = slides[number - 1]
    canvas = Canvas()
    if number > 1:
        canvas.head(slide.title, shown.question)
    slide.draw(canvas, shown)
    canvas.foot(shown.content.title, f"{number} / {len(slides)}")
    return canvas.png()


def archive(shown: Shown) -> bytes:
    """Return a ZIP of all slides; PNGs are compressed already."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as zipped:
        for number in range(1, len(titles(shown)) + 1):
            zipped.writestr(f"slide-{number:02}.png", draw(shown, number))
    return out.getvalue()


def _slides(shown: Shown) -> Iterator[Slide]:
    yield Slide("Title", _title)
    yield Slide(SECTIONS["winners"], _winners)
    yield Slide(SECTIONS["candidates"], _candidates)
    yield Slide(SECTIONS["judging"], partial(_sentences, shown.judging, "judging"))
    if shown.best:
        yield Slide("Judged best", partial(_pictures, "best"))
    if shown.worst:
        yield Slide("Judged worst", partial(_pictures, "worst"))
    failures = [f"{name}: {sentence}" for name, sentence in shown.failures]
    if failures or shown.texts.get("failures"):
        yield Slide(SECTIONS["failures"], partial(_sentences, failures, "failures"))
    if shown.left_out or shown.texts.get("left_out"):
        yield Slide(SECTIONS["left_out"], partial(_sentences, shown.left_out, "left_out"))
    if shown.changes or shown.texts.get("changes"):
        since = f"{SECTIONS['changes']} {shown.since:%-d %B %Y}"
        yield Slide(since, partial(_sentences, shown.changes, "changes"))


def _title(canvas: Canvas, shown: Shown) -> None:
    canvas.down(140)
    canvas.paragraph(shown.question, 72, most_lines=4)
    canvas.down(30)
    if text := shown.texts.get("summary"):
        canvas.paragraph(text, 36, most_lines=6)
        canvas.down(16)
    canvas.paragraph(shown.verdict[0], 36, most_lines=4, is_accented=True)
    canvas.down(30)
    day = f" As it was on {shown.at:%-d %B %Y}." if shown.at else ""
    canvas.paragraph(f"{shown.content.size}.{day}", 28, most_lines=2, is_muted=True)


def _winners(canvas: Canvas, shown: Shown) -> None:
    _own(canvas, shown, "winners")
    for sentence in shown.verdict[:2]:
        canvas.paragraph(sentence, 34, most_lines=3)
        canvas.down(12)
    canvas.down(16)
    voted = [one for one in shown.content.candidates if one.votes]
    canvas.bars(voted, has_prices=shown.has_prices)


def _candidates(canvas: Canvas, shown: Shown) -> None:
    _own(canvas, shown, "candidates")
    canvas.table(shown.content.candidates, has_prices=shown.has_prices)


def _sentences(sentences: list[str], section: str, canvas: Canvas, shown: Shown) -> None:
    _own(canvas, shown, section)
    canvas.bullets(sentences, 34)


def _pictures(which: str, canvas: Canvas, shown: Shown) -> None:
    _own(canvas, shown, "pictures")
    canvas.pictures(shown.best if which == "best" else shown.worst)


def _own(canvas: Canvas, shown: Shown, section: str) -> None:
    if text := shown.texts.get(section):
        canvas.paragraph(text, 34, most_lines=4)
        canvas.down(24)
