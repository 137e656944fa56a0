"""The parameters of a page of `/spend/`: parsed from its address, and written for its links."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db import models
from django.http import QueryDict

from core.forms import DayField
from features.spending.sums.totals import Days
from runs.costs.daily_sums import DAY

MOST_BARS = 186
MOST_DAYS = 10 * 366
FIRST_DAY = date(2020, 1, 1)  # before any run


class By(models.TextChoices):
    """The grouping of the table; the value is also the filter's name in the address."""

    MODEL = "model", "Model"
    PROJECT = "project", "Project"
    PERSON = "person", "Person"
    CATEGORY = "category", "Category"
    DOOR = "door", "Door"


class Each(models.TextChoices):
    """The time span of a bar in the chart."""

    DAY = "day", "Day"
    WEEK = "week", "Week"
    MONTH = "month", "Month"


class Sort(models.TextChoices):
    """The order of the table's rows."""

    SPENT = "", "Spent"
    RUNS = "runs", "Runs"
    NAME = "name", "Name"
    CHANGE = "change", "Change"


@dataclass(frozen=True)
class Question:
    """The selection of spending to show. `filters` maps groupings to values."""

    days: Days
    by: By = By.MODEL
    each: Each = Each.DAY
    sort: Sort = Sort.SPENT
    filters: Mapping[By, str] = field(default_factory=dict)

    @property
    def query(self) -> str:
        """Return its complete query string."""
        values = [
            ("by", self.by.value),
            ("each", self.each.value),
            ("from", f"{self.days.first:%Y-%m-%d}"),
            ("to", f"{self.days.last:%Y-%m-%d}"),
            *((name.value, value) for name, value in self.filters.items()),
            *((("sort", self.sort.value),) if self.sort else ()),
        ]
        return f"?{urlencode(values)}"

    def narrowed(self, name: By, value: str) -> Question:
        """Return the question about one row, grouped by the first `By` without a filter."""
        filters = {**self.filters, name: value}
        other_groupings = [other for other in By if other not in filters]
        return replace(self, filters=filters, by=other_groupings[0] if other_groupings else name)

    def widened(self, name: By) -> Question:
        """Return the question without the filter `name`."""
        return replace(
            self, filters={key: value for key, value in self.filters.items() if key != name}
        )

    def changed(self, **values: Any) -> Question:
        """Return the question with other values."""
        return replace(self, **values)

    def within(self, days: Days) -> Question:
        """Return the question about other days, with bars that fit them."""
        return replace(self, days=days, each=fitting(days))

    @property
    def before(self) -> Days:
        """Return the days to compare with.

        For days from the first of a month, the same days of the previous month, or all of it for a
        whole month; otherwise the same number of days just before.
        """
        first, last = self.days.first, self.days.last
        if first.day == 1 and (first.year, first.month) == (last.year, last.month):
            end = first - DAY
            start = end.replace(day=1)
            is_whole = (last + DAY).day == 1
            return Days(start, end if is_whole else min(end, start + (last - first)))
        return Days(first - len(self.days) * DAY, first - DAY)

    def bars(self) -> Iterator[Days]:
        """Yield the days of each bar of the chart; the first and the last may be cut."""
        first = self.days.first
        while first <= self.days.last:
            last = min(_end(first, self.each), self.days.last)
            yield Days(first, last)
            first = last + DAY


class QuestionForm(forms.Form):
    """The query string of a page; everything is optional, and each error has a sentence."""

    by = forms.ChoiceField(choices=By, required=False)
    each = forms.ChoiceField(choices=Each, required=False)
    to = DayField(required=False)
    sort = forms.ChoiceField(choices=Sort, required=False)
    project = forms.CharField(required=False, max_length=80)
    person = forms.CharField(required=False, max_length=150)
    model = forms.CharField(required=False, max_length=200)
    category = forms.CharField(required=False, max_length=80)
    door = forms.CharField(required=False, max_length=12)

    def __init__(self, get: QueryDict, today: date) -> None:
        self._today = today
        super().__init__(get)
        # `from` is a keyword, so that no attribute can have its name.
        self.fields["from"] = DayField(required=False)

    def clean(self) -> dict[str, Any]:
        """Refuse empty or too long periods, and bars that are too narrow to see."""
        values = super().clean() or self.cleaned_data
        if self.errors:
            return values
        last: date = values["to"] or self._last(values["from"])
        days = Days(values["from"] or last.replace(day=1), last)
        if days.last < days.first:
            self.add_error("to", "The last day is before the first one.")
        elif days.first < FIRST_DAY or len(days) > MOST_DAYS:
            self.add_error("from", f"Choose ten years at most, from {FIRST_DAY:%Y-%m-%d} on.")
        else:
            values["days"] = days
            self._check_bars(values, days)
        return values

    def question(self) -> Question:
        """Return the question of the valid form."""
        values = self.cleaned_data
        days = values["days"]
        filters = {name: str(values[name.value]) for name in By if values[name.value]}
        return Question(
            days=days,
            by=By(values["by"] or _first_free(filters)),
            each=Each(values["each"] or fitting(days)),
            sort=Sort(values["sort"]),
            filters=filters,
        )

    @property
    def kept(self) -> list[tuple[str, str]]:
        """Return the address's parameters that the page's form has no fields for, unchanged."""
        names = ("by", "sort", *(name.value for name in By))
        return [(name, value) for name in names if (value := self.data.get(name, ""))]

    def _last(self, first: date | None) -> date:
        """Return the last day if at most the first is given."""
        return max(self._today, first) if first else self._today

    def _check_bars(self, values: dict[str, Any], days: Days) -> None:
        bar_length = Each(values["each"] or fitting(days))
        number = sum(1 for _ in Question(days, each=bar_length).bars())
        if number > MOST_BARS:
            self.add_error(
                "each", f"That would be {number} bars, too narrow to see: choose a longer step."
            )


def fitting(days: Days) -> Each:
    """Return the default time span of a bar."""
    if len(days) <= 62:
        return Each.DAY
    return Each.WEEK if len(days) <= 366 else Each.MONTH


def _first_free(filters: Mapping[By, str]) -> By:
    return next((name for name in By if name not in filters), By.MODEL)


def _end(first: date, bar_length: Each) -> date:
    if bar_length == Each.DAY:
        return first
    if bar_length == Each.WEEK:  # they begin on Mondays
        return first + timedelta(days=6 - first.weekday())
    return (first.replace(day=1) + timedelta(days=32)).replace(day=1) - DAY
