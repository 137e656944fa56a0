"""Plans of PostgreSQL that fit the values of a query, for queries where these decide it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def custom_plans(*, are_needed: bool) -> Iterator[None]:
    """Let PostgreSQL plan each query within for its own values, if that is needed.

    A statement that is sent often gets one plan for any values. Such a plan looked for a rare word
    through all runs by their time (476 ms at 100,000 runs), not in the index of words (3 ms).
    Nor with help of other processes: a page reads few rows, and starting them takes longer than
    reading (397 ms, not 91, for a thousand rows of a million).
    """
    if not are_needed or connection.vendor != "postgresql":
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SET LOCAL plan_cache_mode = force_custom_plan; "
            "SET LOCAL max_parallel_workers_per_gather = 0"
        )
        yield
