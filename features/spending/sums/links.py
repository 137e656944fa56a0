"""The links of the page: to other periods, tables and orders."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from features.spending.sums.forecast import month_of
from features.spending.sums.question import By, Question, Sort
from features.spending.sums.totals import Days
from runs.costs.daily_sums import DAY


class Link(NamedTuple):
    """A link: its text, its address, and whether it is the current page."""

    words: str
    address: str
    is_shown: bool


class Heading(NamedTuple):
    """The heading of a column; its address sorts by it. `order` is the value of `aria-sort`."""

    words: str
    address: str
    order: str
    is_figure: bool


def times(today: date, question: Question | None) -> list[Link]:
    """Return the periods to choose with one click, keeping the rest of the question."""
    month = Days(today.replace(day=1), today)
    offered = {
        "This month": month,
        "Last month": month_of(month.first - DAY),
        "Last 7 days": Days(today - 6 * DAY, today),
        "Last 90 days": Days(today - 89 * DAY, today),
        "This year": Days(today.replace(month=1, day=1), today),
    }
    base = question or Question(month)
    return [
        Link(words, base.within(days).query, question is not None and question.days == days)
        for words, days in offered.items()
    ]


def ways(question: Question) -> list[Link]:
    """Return the possible groupings of the table."""
    return [Link(by.label, question.changed(by=by).query, by == question.by) for by in By]


def headings(question: Question) -> list[Heading]:
    """Return the headings of the table's columns."""
    columns = {
        question.by.label: Sort.NAME,
        "Spent": Sort.SPENT,
        "Share": None,
        "Runs": Sort.RUNS,
        "Before": Sort.CHANGE,
    }
    return [
        Heading(
            words,
            question.changed(sort=sort).query if sort is not None else "",
            ("ascending" if sort == Sort.NAME else "descending") if sort == question.sort else "",
            sort != Sort.NAME,
        )
        for words, sort in columns.items()
    ]
