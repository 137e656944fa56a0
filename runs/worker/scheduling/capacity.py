"""Limits how many runs may be in progress at once, in total and per user, and counts them."""

from __future__ import annotations

from collections import Counter

from django.conf import settings

from runs.models import Run
from runs.worker.scheduling import lease_queries
from runs.worker.scheduling.fair_scheduling import Limits


def has_room(user_id: int) -> bool:
    """Whether one more run of this user may be in progress now."""
    under_way = count_under_way()
    user_runs, allowed = under_way[user_id], limits()
    return (
        user_runs < allowed.per_user
        and allowed.available_slots(under_way, is_first=not user_runs) > 0
    )


def limits() -> Limits:
    """Return the limits from the settings."""
    return Limits(settings.RUNS_AT_ONCE, settings.RUNS_AT_ONCE_PER_USER)


def count_under_way() -> Counter[int]:
    """Return the number of runs in progress, by user."""
    # Counted in Python: SQLite's GROUP BY would read all runs by user.
    runs = Run.objects.unfinished().filter(state__in=lease_queries.UNDER_WAY).order_by()
    return Counter(runs.values_list("user_id", flat=True))
