"""Reads the dates that people write: `2026-11`, `yesterday`, `7d`, `last week`."""

from __future__ import annotations

import calendar
import re
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from django.utils import timezone

_UNITS = {"d": 1, "day": 1, "days": 1, "w": 7, "week": 7, "weeks": 7}
_AGO = re.compile(r"(\d{1,4})[ -]?(d|days?|w|weeks?)(?:[ -]?ago)?")
_DAY = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
_MONTHS = [name.casefold() for name in calendar.month_name[1:]]
_WEEKDAYS = [name.casefold() for name in calendar.day_name]


class Period(NamedTuple):
    """The days from `first` up to, but not including, `end`."""

    first: date
    end: date

    @property
    def begin(self) -> datetime:
        """Return the moment when it begins."""
        return _midnight(self.first)

    @property
    def after(self) -> datetime:
        """Return the moment when it is over."""
        return _midnight(self.end)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def parse_period(text: str, today: date | None = None) -> Period | None:
    """Return the day, month or year that a text names; None if it names none.

    `7d` is the day seven days ago; `november` and `monday` are the last ones that have begun.
    """
    today = today or timezone.localdate()
    words = " ".join(re.sub(r"(?<![_ -])[_ -]++(?=[a-z])", " ", text.casefold()).split())
    try:
        return _by_name(words, today) or _by_number(words, today)
    except (ValueError, OverflowError):  # no such day: 2026-02-30, year 0
        return None


def _by_name(words: str, today: date) -> Period | None:
    monday = today - timedelta(days=today.weekday())
    month = today.replace(day=1)
    last_month = (month - timedelta(days=1)).replace(day=1)
    spans = {
        "today": _days(today, 1),
        "yesterday": _days(today - timedelta(days=1), 1),
        "week": _days(monday, 7),
        "this week": _days(monday, 7),
        "last week": _days(monday - timedelta(days=7), 7),
        "month": _month(month),
        "this month": _month(month),
        "last month": _month(last_month),
        "year": _year(today.year),
        "this year": _year(today.year),
        "last year": _year(today.year - 1),
    }
    if words in spans:
        return spans[words]
    if len(words) < 3:
        return None
    for number, name in enumerate(_WEEKDAYS):
        if name.startswith(words):
            return _days(today - timedelta(days=(today.weekday() - number) % 7), 1)
    for number, name in enumerate(_MONTHS, start=1):
        if name.startswith(words):
            return _month(date(today.year - (number > today.month), number, 1))
    return None


def _by_number(words: str, today: date) -> Period | None:
    if match := _AGO.fullmatch(words):
        return _days(today - timedelta(days=int(match[1]) * _UNITS[match[2]]), 1)
    match = _DAY.fullmatch(words)
    if match is None:
        return None
    year, month, day = (int(part) if part else None for part in match.groups())
    if year is None or not 1970 <= year < 9999:
        return None
    if month is None:
        return _year(year)
    return _days(date(year, month, day), 1) if day else _month(date(year, month, 1))


def _days(first: date, count: int) -> Period:
    return Period(first, first + timedelta(days=count))


def _month(first: date) -> Period:
    return Period(first, (first + timedelta(days=32)).replace(day=1))


def _year(year: int) -> Period:
    return Period(date(year, 1, 1), date(year + 1, 1, 1))
