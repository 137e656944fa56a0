"""The contents of `/spend/`: the sums, their chart and table, unusual days and a forecast."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

from django.db.models import Q

from core.db.name_order import sort_key
from features.spending.sums import forecast as forecasts
from features.spending.sums import labels
from features.spending.sums.chart import Chart, chart, span
from features.spending.sums.forecast import Forecast, UnusualDay
from features.spending.sums.labels import Label
from features.spending.sums.question import Question, Sort
from features.spending.sums.totals import Days, Ledger, snapshot
from features.spending.visibility import Scope
from runs.costs.daily_sums import DAY, NOTHING, Sums

MOST_ROWS = 40
MOST_UNUSUAL = 6
_MINUS = "\u2212"


class Row(NamedTuple):
    """One row of the table. `before` is its cost in the days to compare with."""

    label: Label
    sums: Sums
    share: Decimal  # whole per cent of all rows
    before: Decimal
    change: str
    address: str


class _Entry(NamedTuple):
    """A row before its selection for display."""

    label: Label
    sums: Sums
    before: Decimal


class Chip(NamedTuple):
    """An active filter: its kind, its name, and the address without it."""

    kind: str
    name: str
    address: str


class Unusual(NamedTuple):
    """An unusual day: its description and address."""

    words: str
    address: str


@dataclass(frozen=True)
class Report:
    """All that the page shows. `total` is the sum of all rows, `others` of those not shown."""

    question: Question
    total: Sums
    before: Sums
    change: str
    rows: Sequence[Row]
    others: Sums | None
    other_count: int
    chart: Chart
    unusual: Sequence[Unusual]
    unusual_count: int
    forecast: Forecast | None
    chips: Sequence[Chip]

    @property
    def days_in_words(self) -> str:
        """Return the days of the report, in words."""
        return in_words(self.question.days)

    @property
    def before_in_words(self) -> str:
        """Return the days to compare with, in words."""
        return in_words(self.question.before)


def report(scope: Scope, question: Question, today: date) -> Report:
    """Return the report of a question within a user's scope; a bounded number of queries."""
    with snapshot():
        condition = scope.condition & filtered(question, scope)
        shows_now = today in question.days
        days = _read(question, today if shows_now else None)
        ledger = Ledger(condition, days)
        column = labels.COLUMNS[question.by]
        now = ledger.by(column, question.days)
        before = ledger.by(column, question.before)
        of_days = ledger.by_day()
        labels_by_key = labels.labels(question.by, [*now, *before], scope)
        chips = chips_of(question, scope)
    entries = _sorted(_entries(labels_by_key, now, before), question.sort)
    total, total_before = total_of(now.values()), total_of(before.values())
    unusual = forecasts.unusual_days(of_days, question.days)
    bars = [
        (bar, total_of(of_days[day] for day in bar if day in of_days)) for bar in question.bars()
    ]
    other_entries = entries[MOST_ROWS:]
    return Report(
        question=question,
        total=total,
        before=total_before,
        change=change(total.amount, total_before.amount),
        rows=[_row(question, entry, total.amount) for entry in entries[:MOST_ROWS]],
        others=total_of(entry.sums for entry in other_entries) if other_entries else None,
        other_count=len(other_entries),
        chart=chart(question, bars, {peak.day for peak in unusual}),
        unusual=[
            Unusual(peak.sentence, question.within(Days(peak.day, peak.day)).query)
            for peak in _dearest(unusual)
        ],
        unusual_count=len(unusual),
        forecast=forecasts.forecast(of_days, today) if shows_now else None,
        chips=chips,
    )


def rows_of(scope: Scope, question: Question) -> list[tuple[Days, Label, Sums]]:
    """Return the table's rows for each bar of the chart, for a download."""
    with snapshot():
        ledger = Ledger(scope.condition & filtered(question, scope), question.days)
        sums = ledger.by_day_and(labels.COLUMNS[question.by])
        labels_by_key = labels.labels(question.by, {key for _, key in sums}, scope)
    by_day: dict[date, list[tuple[Any, Sums]]] = {}
    for (day, key), of_key in sums.items():
        by_day.setdefault(day, []).append((key, of_key))
    return [
        (days, label, of_label)
        for days in question.bars()
        for label, of_label in sorted(
            _merged((pair for day in days for pair in by_day.get(day, ())), labels_by_key).items()
        )
    ]


def chips_of(question: Question, scope: Scope) -> list[Chip]:
    """Return the active filters in words; two queries each."""
    return [
        Chip(name.label, labels.of_filter(name, value, scope), question.widened(name).query)
        for name, value in question.filters.items()
    ]


def filtered(question: Question, scope: Scope) -> Q:
    """Return the condition of the question's filters; one query each."""
    condition = Q()
    for name, value in question.filters.items():
        condition &= labels.condition(name, value, scope)
    return condition


def total_of(sums: Iterable[Sums]) -> Sums:
    """Return the sum of sums."""
    return sum(sums, Sums())


def change(now: Decimal, before: Decimal) -> str:
    """Return how a sum has changed: "+18 %", "new"; empty without an earlier sum."""
    if not before:
        return "new" if now else ""
    per_cent = _whole(100 * (now - before) / before)
    if per_cent >= 1000:
        return f"{_whole(now / before):,} ×"
    return f"{_MINUS if per_cent < 0 else '+'}{abs(per_cent)} %" if per_cent else "as before"


def _read(question: Question, today: date | None) -> Days:
    """Return all days to read; `today` is given if there is a forecast."""
    first = min(
        question.days.first - forecasts.COMPARED_DAYS * DAY,
        question.before.first,
        *([forecasts.days_needed(today).first] if today else []),
    )
    return Days(first, question.days.last)


def _merged(sums: Iterable[tuple[Any, Sums]], by_key: Mapping[Any, Label]) -> dict[Label, Sums]:
    """Return sums by label; deleted rows, such as people who left, share one."""
    merged: dict[Label, Sums] = {}
    for key, of_key in sums:
        merged[by_key[key]] = merged.get(by_key[key], Sums()) + of_key
    return merged


def _entries(
    labels_by_key: Mapping[Any, Label], now: Mapping[Any, Sums], before: Mapping[Any, Sums]
) -> list[_Entry]:
    of_now, of_before = _merged(now.items(), labels_by_key), _merged(before.items(), labels_by_key)
    return [
        _Entry(label, sums, of_before.get(label, Sums()).amount) for label, sums in of_now.items()
    ]


def _row(question: Question, entry: _Entry, total: Decimal) -> Row:
    amount = entry.sums.amount
    return Row(
        label=entry.label,
        sums=entry.sums,
        share=_whole(100 * amount / total) if total else NOTHING,
        before=entry.before,
        change=change(amount, entry.before),
        address=question.narrowed(question.by, entry.label.value).query,
    )


def _sorted(entries: list[_Entry], sort: Sort) -> list[_Entry]:
    by_name = sorted(entries, key=lambda entry: (sort_key(entry.label.name), entry.label.value))
    if sort == Sort.NAME:
        return by_name
    if sort == Sort.RUNS:
        return sorted(by_name, key=lambda entry: entry.sums.runs, reverse=True)
    if sort == Sort.CHANGE:
        return sorted(by_name, key=lambda entry: entry.sums.amount - entry.before, reverse=True)
    return sorted(by_name, key=lambda entry: entry.sums.amount, reverse=True)


def _dearest(unusual_days: Sequence[UnusualDay]) -> list[UnusualDay]:
    return sorted(unusual_days, key=lambda unusual: unusual.amount, reverse=True)[:MOST_UNUSUAL]


def _whole(value: Decimal) -> Decimal:
    return value.quantize(Decimal(1), ROUND_HALF_UP)


def in_words(days: Days) -> str:
    """Return days with their year: "November 2026", "27 Nov 2026"."""
    if days == forecasts.month_of(days.first):
        return f"{days.first:%B %Y}"
    text = span(days)
    return text if days.first.year != days.last.year else f"{text} {days.last.year}"
