"""Recomputes the daily sums of spending."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from core.formatting import counted
from runs.costs import daily_sums


class Command(BaseCommand):
    """`manage.py rebuild_spending`: recomputes the daily sums from the charges."""

    help = (
        "Add up the spending of each day again, from the ledger; run this after a change of "
        "TIME_ZONE."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Recompute, and print the number of days and sums."""
        days = sums = 0
        for _, sums_of_day in daily_sums.rebuild():
            days += 1
            sums += sums_of_day
        self.stdout.write(f"{counted(days, 'day')} added up again, in {counted(sums, 'sum')}.")
