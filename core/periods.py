"""Days and months of sums and limits, in the server's time zone; and how long an undo lasts."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.utils import timezone

UNDO_WITHIN = timedelta(days=1)  # after a revocation, removal, withdrawal or end; see kept.GRACE
SINCE = "from "  # begins the name of a period without an end


def day_start(now: datetime) -> datetime:
    """Return the start of the day."""
    return timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)


def month_start(now: datetime) -> datetime:
    """Return the start of the month."""
    return day_start(now).replace(day=1)


def name_of_day(at: datetime) -> str:
    """Return the name of the day: `2026-11-27`."""
    return f"{timezone.localtime(at):%Y-%m-%d}"


def name_of_month(at: datetime) -> str:
    """Return the name of the month: `2026-11`."""
    return f"{timezone.localtime(at):%Y-%m}"


def name_since(begins_on: date) -> str:
    """Return the name of the time from a day on: `from 2026-11-27`."""
    return f"{SINCE}{begins_on:%Y-%m-%d}"


def bounds(period: str) -> tuple[datetime, datetime | None]:
    """Return the start of the period of this name, and its end or None."""
    first, end = days(period)
    return _midnight(first), _midnight(end) if end else None


def days(period: str) -> tuple[date, date | None]:
    """Return the first day of the period of this name, and the first day after it or None."""
    if period.startswith(SINCE):
        return date.fromisoformat(period.removeprefix(SINCE)), None
    if period.count("-") == 1:
        first = date.fromisoformat(f"{period}-01")
        return first, (first + timedelta(days=32)).replace(day=1)
    day = date.fromisoformat(period)
    return day, day + timedelta(days=1)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
