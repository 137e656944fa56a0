"""What other apps do when an open page of a person has shown the end of a run."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterable

from django.db import DatabaseError

from core.db import transient_errors
from playground.live.broker import Broker, Watched, in_thread

Hook = Callable[[int, list[uuid.UUID]], None]
_HOOKS: list[Hook] = []

log = logging.getLogger(__name__)


def register(hook: Hook) -> None:
    """Have `hook(user_pk, runs)` called after each such response; called in the app's `ready`."""
    if hook not in _HOOKS:
        _HOOKS.append(hook)


async def call(broker: Broker, user_pk: int, shown: Iterable[Watched]) -> None:
    """Call every hook with the runs whose end was news to the page."""
    ended = [run.pk for run in shown if broker.has_ended(run)]
    if not ended:
        return
    for hook in _HOOKS:
        try:
            await in_thread(hook)(user_pk, ended)
        except DatabaseError as error:
            transient_errors.log_failure(log, error, "that the end of runs was shown is not noted")
