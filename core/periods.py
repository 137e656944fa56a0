"""The days and months of sums and limits: those of the server's time zone."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone


def day_start(now: datetime) -> datetime:
    """Return the start of the day."""
    return timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)


def month_start(now: datetime) -> datetime:
    """Return the start of the month."""
    return day_start(now).replace(day=1)
