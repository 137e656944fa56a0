"""How much a month will cost, and which days were unusual. Pure functions of daily sums."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from statistics import median

from core.formatting import counted, money
from features.spending.sums.totals import Days
from runs.costs.daily_sums import DAY, NOTHING, Sums

AVERAGED_DAYS = 14
FEWEST_DAYS = 3  # for a meaningful average
COMPARED_DAYS = 28
FEWEST_COMPARED = 5  # days with spending, for a meaningful median
UNUSUAL_FACTOR = 3
UNUSUAL_LEAST = Decimal(1)  # dollars


@dataclass(frozen=True)
class Forecast:
    """The expected cost of a month, and the figures behind it."""

    amount: Decimal
    so_far: Decimal
    a_day: Decimal
    averaged: int
    month_end: date
    today: date

    @property
    def sentence(self) -> str:
        """Return the sum: "About $420.00 by 30 November"."""
        return f"About {money(self.amount)} by {self.month_end:%-d %B}"

    @property
    def basis(self) -> str:
        """Return the basis of the forecast."""
        days_left = (self.month_end - self.today).days
        if not days_left:
            return "It is the last day of the month."
        return (
            f"{money(self.so_far)} so far this month, and {money(self.a_day)} a day, the average "
            f"of the last {counted(self.averaged, 'day')}, for the {counted(days_left, 'day')} "
            "that remain after today."
        )


@dataclass(frozen=True)
class UnusualDay:
    """A day that cost far more than `usual`, the median of earlier days with spending."""

    day: date
    amount: Decimal
    usual: Decimal

    @property
    def sentence(self) -> str:
        """Return the day, its sum, and the usual sum."""
        times = (self.amount / self.usual).quantize(Decimal(1))
        return (
            f"{self.day:%A %-d %B}: {money(self.amount)}, {times:,} times the usual "
            f"{money(self.usual)} a day"
        )


def month_of(today: date) -> Days:
    """Return the days of a day's month."""
    first = today.replace(day=1)
    return Days(first, (first + timedelta(days=32)).replace(day=1) - DAY)


def days_needed(today: date) -> Days:
    """Return the days whose sums a forecast needs."""
    return Days(min(today.replace(day=1), today - AVERAGED_DAYS * DAY), today)


def forecast(sums: Mapping[date, Sums], today: date) -> Forecast | None:
    """Return the forecast of this month; None while there are too few days.

    The average is that of the last fourteen days before today, or fewer if runs began later.
    """
    month = month_of(today)
    before = Days(today - AVERAGED_DAYS * DAY, today - DAY)
    recorded_days = [day for day in before if day in sums]
    if not recorded_days:
        return None
    averaged = Days(recorded_days[0], before.last)
    if len(averaged) < FEWEST_DAYS:
        return None
    a_day = amount_of(sums, averaged) / len(averaged)
    so_far = amount_of(sums, Days(month.first, today))
    amount = so_far + a_day * (month.last - today).days
    return Forecast(amount, so_far, a_day, len(averaged), month.last, today)


def unusual_days(sums: Mapping[date, Sums], days: Days) -> list[UnusualDay]:
    """Return the days that cost more than three times the usual, and more than a dollar."""
    unusual = []
    for day in days:
        amount = sums[day].amount if day in sums else NOTHING
        if amount <= UNUSUAL_LEAST:
            continue
        before = Days(day - COMPARED_DAYS * DAY, day - DAY)
        costs = [sums[other].amount for other in before if other in sums and sums[other].amount]
        if len(costs) < FEWEST_COMPARED:
            continue
        usual = median(costs)
        if amount > UNUSUAL_FACTOR * usual:
            unusual.append(UnusualDay(day, amount, usual))
    return unusual


def amount_of(sums: Mapping[date, Sums], days: Days) -> Decimal:
    """Return the sum of some days."""
    return sum((sums[day].amount for day in days if day in sums), NOTHING)
