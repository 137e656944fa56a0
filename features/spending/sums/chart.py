"""Lays out a bar chart as numbers for an SVG, which the browser stretches to the page's width."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal
from typing import NamedTuple

from core.formatting import counted, money
from features.spending.sums.question import Each, Question
from features.spending.sums.totals import Days
from runs.costs.daily_sums import Sums

HEIGHT = 100
WIDTH = 1000
GAP = Decimal("0.28")  # part of a bar's place
_DASH = "\u2013"
_TENTH = Decimal("0.1")
_NICE = (
    Decimal(1),
    Decimal("1.5"),
    Decimal(2),
    Decimal(3),
    Decimal(4),
    Decimal(5),
    Decimal(6),
    Decimal(8),
    Decimal(10),
)


class Bar(NamedTuple):
    """One bar: its place in the SVG, and its texts. `reserved` is the height of its top part."""

    x: str
    place_x: str
    y: str
    height: str
    reserved: str
    days: Days
    label: str
    sums: Sums
    is_unusual: bool
    address: str
    title: str


@dataclass(frozen=True)
class Chart:
    """A chart: its bars from left to right, their width, and the sum at the top edge."""

    bars: Sequence[Bar]
    bar_width: str
    place_width: str
    top: Decimal

    @property
    def ticks(self) -> list[str]:
        """Return the labels below it: the first, the middle and the last bar's."""
        if len(self.bars) < 3:
            return [bar.label for bar in self.bars]
        return [self.bars[at].label for at in (0, len(self.bars) // 2, -1)]

    @property
    def half(self) -> Decimal:
        """Return the sum at half of its height."""
        return self.top / 2


def chart(
    question: Question, bars: Sequence[tuple[Days, Sums]], unusual: Collection[date]
) -> Chart:
    """Return the chart of these sums."""
    top = round_up(max((sums.amount for _, sums in bars), default=Decimal(0)))
    place = Decimal(WIDTH) / max(len(bars), 1)
    width = min(place * (1 - GAP), Decimal(60))
    chart_bars = []
    for number, (days, sums) in enumerate(bars):
        height = HEIGHT * sums.amount / top
        label = label_of(days, question.each)
        is_unusual = any(day in unusual for day in days)
        chart_bars.append(
            Bar(
                x=_written(place * number + (place - width) / 2),
                place_x=_written(place * number),
                y=_written(HEIGHT - height),
                height=_written(height),
                reserved=_written(HEIGHT * sums.reserved / top),
                days=days,
                label=label,
                sums=sums,
                is_unusual=is_unusual,
                address=question.within(days).query,
                title=_title(label, sums, is_unusual=is_unusual),
            )
        )
    return Chart(chart_bars, _written(width), _written(place), top)


def round_up(amount: Decimal) -> Decimal:
    """Round a sum up to a nice number, for the top of a chart: 41.2 → 50."""
    if amount <= 0:
        return Decimal(1)
    power = Decimal(1).scaleb(amount.adjusted())
    return next(nice * power for nice in _NICE if nice * power >= amount)


def label_of(days: Days, bar_length: Each) -> str:
    """Return a bar's label: "3 Nov", "2 Nov to 8 Nov" or "November 2026"."""
    if bar_length == Each.MONTH:
        return f"{days.first:%B %Y}"
    return span(days)


def span(days: Days) -> str:
    """Return days in short form: "3 Nov", or the first and the last with a dash."""
    first, last = days.first, days.last
    if first == last:
        return f"{first:%-d %b}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}{_DASH}{last:%-d %b}"
    year = "" if first.year == last.year else f" {first.year}"
    return f"{first:%-d %b}{year} {_DASH} {last:%-d %b}{year and f' {last.year}'}"


def _title(label: str, sums: Sums, *, is_unusual: bool) -> str:
    sentence = f"{label}: {money(sums.amount)}, {counted(sums.runs, 'run')}"
    if sums.reserved:
        sentence += f", {money(sums.reserved)} of it reserved"
    return f"{sentence}; unusual" if is_unusual else sentence


def _written(value: Decimal) -> str:
    return f"{value.quantize(_TENTH, ROUND_CEILING):f}"
