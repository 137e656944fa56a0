"""Notifies the apps when an open page of a user has shown the end of a run.

Once per user and run: otherwise five hundred pages that show one run would cause as many queries.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable

from cachetools import LRUCache
from django.db import DatabaseError

from core.db import transient_errors
from core.db.threads import in_thread
from runs.promises import owners

MAX_CALLS = 4096
# The users and runs of which the apps were notified, or are being notified.
_calls: LRUCache[tuple[int, uuid.UUID], None] = LRUCache(MAX_CALLS)

log = logging.getLogger(__name__)


async def call(user_pk: int, shown: Iterable[uuid.UUID]) -> None:
    """Notify the apps of the runs whose end this user's pages had not shown before."""
    ended = [pk for pk in shown if (user_pk, pk) not in _calls]
    if not ended:
        return
    calls = dict.fromkeys((user_pk, pk) for pk in ended)
    _calls.update(calls)
    try:
        await in_thread(_tell_apps, user_pk, ended)
    except DatabaseError as error:
        for ended_run in calls:  # the next page tries again
            _calls.pop(ended_run, None)
        transient_errors.log_failure(log, error, "that the end of runs was shown is not noted")


def _tell_apps(user_pk: int, run_ids: list[uuid.UUID]) -> None:
    for owner in owners.registered():
        owner.on_shown_end(user_pk, run_ids)
