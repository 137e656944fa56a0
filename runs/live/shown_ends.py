"""Calls hooks of other apps when an open page of a user has shown the end of a run.

Once per user and run: five hundred pages that show one run would cause as many queries.
"""

from __future__ import annotations

import logging
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterable

from django.db import DatabaseError

from core.db import transient_errors
from runs.live.broker import Broker, in_thread
from runs.live.wire import Watched

Hook = Callable[[int, list[uuid.UUID]], None]
_HOOKS: list[Hook] = []
MAX_CALLS = 4096
# The users and runs for which the hooks have been or are being called, oldest first.
_calls: OrderedDict[tuple[int, uuid.UUID], None] = OrderedDict()

log = logging.getLogger(__name__)


def register(hook: Hook) -> None:
    """Register `hook(user_pk, runs)`, to be called after each such response; called in `ready`."""
    if hook not in _HOOKS:
        _HOOKS.append(hook)


async def call(broker: Broker, user_pk: int, shown: Iterable[Watched]) -> None:
    """Call every hook with the runs whose end this user's pages had not shown before."""
    ended = [run.pk for run in shown if broker.has_ended(run) and (user_pk, run.pk) not in _calls]
    if not ended:
        return
    calls = dict.fromkeys((user_pk, pk) for pk in ended)
    _calls.update(calls)
    while len(_calls) > MAX_CALLS:
        _calls.popitem(last=False)
    for hook in _HOOKS:
        try:
            await in_thread(hook)(user_pk, ended)
        except DatabaseError as error:
            for one in calls:  # the next page tries again
                _calls.pop(one, None)
            transient_errors.log_failure(log, error, "that the end of runs was shown is not noted")
