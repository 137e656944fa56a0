"""Tells the apps when an open page of a user has shown the end of a run.

Once per user and run: five hundred pages that show one run would cause as many queries.
"""

from __future__ import annotations

import logging
import uuid
from collections import OrderedDict
from collections.abc import Iterable

from django.db import DatabaseError

from core.db import transient_errors
from runs import owners
from runs.live.broker import Broker, in_thread
from runs.live.wire import Watched

MAX_CALLS = 4096
# The users and runs of which the apps have been or are being told, oldest first.
_calls: OrderedDict[tuple[int, uuid.UUID], None] = OrderedDict()

log = logging.getLogger(__name__)


async def call(broker: Broker, user_pk: int, shown: Iterable[Watched]) -> None:
    """Tell the apps of the runs whose end this user's pages had not shown before."""
    ended = [run.pk for run in shown if broker.has_ended(run) and (user_pk, run.pk) not in _calls]
    if not ended:
        return
    calls = dict.fromkeys((user_pk, pk) for pk in ended)
    _calls.update(calls)
    while len(_calls) > MAX_CALLS:
        _calls.popitem(last=False)
    try:
        await in_thread(_tell_apps)(user_pk, ended)
    except DatabaseError as error:
        for ended_run in calls:  # the next page tries again
            _calls.pop(ended_run, None)
        transient_errors.log_failure(log, error, "that the end of runs was shown is not noted")


def _tell_apps(user_pk: int, run_ids: list[uuid.UUID]) -> None:
    for owner in owners.registered():
        owner.on_shown_end(user_pk, run_ids)
