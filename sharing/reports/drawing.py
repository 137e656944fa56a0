"""The canvas of a slide: text that fits, bars, a table, pictures; each goes below the last."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

from PIL import Image, ImageDraw

from boards.export.sheet_picture import ACCENT, INK, MAT, MUTED, PAPER, font, known, opened
from core.formatting import duration, money
from sharing.reports.content import Candidate
from sharing.reports.showing import ShownPick

WIDTH, HEIGHT = 1920, 1080
MARGIN, FOOT = 110, 96
INNER = WIDTH - 2 * MARGIN
LINE = "#d8d4ca"
MOST_ROWS = 10  # of a table or of bars
CUT = "..."


class Canvas:
    """A slide that is filled from above; what does not fit above its foot is cut, and says so."""

    def __init__(self) -> None:
        self.image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
        self.pen = ImageDraw.Draw(self.image)
        self.top = MARGIN

    @property
    def room(self) -> int:
        """Return how many pixels are free above the foot."""
        return HEIGHT - FOOT - self.top

    def down(self, pixels: int) -> None:
        """Leave a gap."""
        self.top += pixels

    def head(self, title: str, question: str) -> None:
        """Draw the slide's title, and the report's question small above it."""
        self.top = 70
        self.paragraph(question, 24, most_lines=1, is_muted=True)
        self.down(8)
        self.paragraph(title, 56, most_lines=1)
        self.down(24)

    def foot(self, left: str, right: str) -> None:
        """Draw the line at the bottom."""
        top = HEIGHT - FOOT + 24
        self.pen.line((MARGIN, top, WIDTH - MARGIN, top), LINE, 2)
        self._text(MARGIN, top + 16, fitted(left, 22, INNER - 200), 22, MUTED)
        self._text_right(WIDTH - MARGIN, top + 16, right, 22, MUTED)

    def png(self) -> bytes:
        """Return the slide as PNG."""
        out = io.BytesIO()
        self.image.save(out, "PNG", compress_level=6)
        return out.getvalue()

    def paragraph(
        self,
        text: str,
        size: int,
        *,
        most_lines: int,
        is_muted: bool = False,
        is_accented: bool = False,
        indent: int = 0,
    ) -> None:
        """Draw a text over the whole width, in as many lines as fit, at most `most_lines`."""
        height = size * 4 // 3
        ink = MUTED if is_muted else ACCENT if is_accented else INK
        most = min(most_lines, max(self.room // height, 0))
        for line in wrapped(text, size, INNER - indent, most):
            self._text(MARGIN + indent, self.top, line, size, ink)
            self.top += height

    def bullets(self, sentences: Sequence[str], size: int) -> None:
        """Draw sentences as a list; says how many did not fit."""
        for number, sentence in enumerate(sentences):
            height = size * 4 // 3
            left = len(sentences) - number
            if self.room < 2 * height and left > 1:
                self.paragraph(f"and {left} more", size, most_lines=1, is_muted=True, indent=36)
                return
            middle = self.top + size * 2 // 3
            self.pen.ellipse((MARGIN + 6, middle - 5, MARGIN + 16, middle + 5), ACCENT)
            self.paragraph(sentence, size, most_lines=3, indent=36)
            self.down(10)

    def bars(self, voted: Sequence[Candidate], *, has_prices: bool) -> None:
        """Draw each candidate's share of its blind votes with the interval."""
        rows = list(voted[:MOST_ROWS])
        if not rows:
            return
        height = min(84, self.room // len(rows))
        left, right = MARGIN + 520, MARGIN + 1000
        for one in rows:
            middle = self.top + height // 2
            self._text(MARGIN, middle - 20, fitted(one.name, 30, 490), 30, INK)
            self.pen.line((left, middle, right, middle), LINE, 6)
            self._mark(left, right, 50, middle, 16, LINE)
            low, high = (_at(left, right, bound or 0) for bound in (one.low, one.high))
            self.pen.rectangle((low, middle - 9, high, middle + 9), "#e9b9a5")
            self._mark(left, right, one.percent or 0, middle, 22, ACCENT)
            words = f"{one.percent} % of {one.votes}  ({one.interval})"
            if has_prices and one.price_per_win is not None:
                words += f"  {money(one.price_per_win)} a win"
            words = fitted(words, 26, WIDTH - MARGIN - right - 40)
            self._text(right + 40, middle - 18, words, 26, INK)
            self.top += height

    def table(self, candidates: Sequence[Candidate], *, has_prices: bool) -> None:
        """Draw the candidates with licence, price and time."""
        heads = ["Model", "Licence", "Time", "Results", "Failed"]
        widths = [760, 330, 200, 150, 150]
        if has_prices:
            heads[2:2] = ["List price", "Paid"]
            widths = [430, 270, 420, 180, 140, 130, 130]
        rows = [heads, *(_cells(one, has_prices) for one in candidates[:MOST_ROWS])]
        for number, row in enumerate(rows):
            left = MARGIN
            for cell, width in zip(row, widths, strict=True):
                size, ink = (24, MUTED) if number == 0 else (28, INK)
                self._text(left, self.top + 12, fitted(cell, size, width - 24), size, ink)
                left += width
            self.top += 62
            self.pen.line((MARGIN, self.top, WIDTH - MARGIN, self.top), LINE, 2)
        if (more := len(candidates) - MOST_ROWS) > 0:
            self.paragraph(f"and {more} more", 26, most_lines=1, is_muted=True)

    def pictures(self, picks: Sequence[ShownPick]) -> None:
        """Draw results side by side, each with its model, what was said of it, and its input."""
        gap, captions = 32, 190
        width = min((INNER - gap * (len(picks) - 1)) // len(picks), 640)
        height = self.room - captions
        for place, one in enumerate(picks):
            left, top = MARGIN + place * (width + gap), self.top
            self.pen.rectangle((left, top, left + width, top + height), MAT)
            picture = None if one.missing else opened(one.stored, (width, height))
            if picture:
                middle = (width - picture.width) // 2, (height - picture.height) // 2
                self.image.paste(picture, (left + middle[0], top + middle[1]))
            else:
                text = one.missing or one.text or "This file has no picture."
                self._lines(left + 20, top + 20, text, 24, width - 40, height // 34 - 1, MUTED)
            below = top + height + 14
            self._text(left, below, fitted(one.name, 28, width), 28, INK)
            self._text(left, below + 40, fitted(one.pick.facts, 22, width), 22, ACCENT)
            self._lines(left, below + 74, one.pick.prompt, 22, width, 3, MUTED)
        self.top += height + captions

    def _lines(
        self, left: int, top: int, text: str, size: int, width: int, most: int, ink: str
    ) -> None:
        for number, line in enumerate(wrapped(text, size, width, most)):
            self._text(left, top + number * size * 4 // 3, line, size, ink)

    def _mark(self, left: int, right: int, percent: int, middle: int, half: int, ink: str) -> None:
        place = _at(left, right, percent)
        self.pen.rectangle((place - 2, middle - half, place + 2, middle + half), ink)

    def _text(self, left: int, top: int, text: str, size: int, ink: str) -> None:
        self.pen.text((left, top), text, ink, font(size))

    def _text_right(self, right: int, top: int, text: str, size: int, ink: str) -> None:
        self._text(right - round(font(size).getlength(text)), top, text, size, ink)


def _at(left: int, right: int, percent: int) -> int:
    return left + (right - left) * percent // 100


def _cells(one: Candidate, has_prices: bool) -> list[str]:
    name = f"{one.name} {one.settings}".strip()
    cells = [name, one.license, duration(one.seconds) or "-", str(one.results), str(one.failed)]
    if has_prices:
        paid = money(one.cost, one.currency) if one.cost is not None else "-"
        cells[2:2] = [one.list_price or "not known", paid]
    return cells


def wrapped(text: str, size: int, width: int, most_lines: int) -> list[str]:
    """Return the text in lines of at most `width` pixels; the last one says if more was cut."""
    lines = [*_lines_of(known(text), size, width)]
    if len(lines) <= most_lines:
        return lines
    kept = lines[:most_lines]
    return [*kept[:-1], fitted(f"{kept[-1]} {CUT}", size, width)] if kept else []


def _lines_of(text: str, size: int, width: int) -> Iterator[str]:
    measure = font(size).getlength
    for paragraph in text.splitlines():
        line = ""
        for word in paragraph.split():
            longer = f"{line} {word}".strip()
            if measure(longer) <= width:
                line = longer
                continue
            if line:
                yield line
            line = fitted(word, size, width)
        if line:
            yield line


def fitted(text: str, size: int, width: int) -> str:
    """Return the beginning of a text in one line of at most `width` pixels."""
    line = " ".join(known(text).split())
    measure = font(size).getlength
    if measure(line) <= width:
        return line
    low, high = 0, len(line)
    while low < high:
        middle = (low + high + 1) // 2
        if measure(f"{line[:middle].rstrip()}{CUT}") <= width:
            low = middle
        else:
            high = middle - 1
    return f"{line[:low].rstrip()}{CUT}"
