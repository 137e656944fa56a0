"""Guesses how many runs fal runs at once for each of its accounts (protocol, 17.5; ADR 43).

No API tells it: a new account runs two at once, an older one up to forty. Two observations do:

- fal refuses a run over one connection because of the limit: it is what is in progress then;
- a run stays first in fal's queue while others of its account are in progress. At least two, and
  as many as ever before: the first in the queue of one model may only wait for a machine.

The guess explains waits and holds no run back. It is forgotten as soon as more runs are in
progress, and some time after it was last seen: accounts grow. An account is known by its key; None
is the house's own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import CharField, F, Q
from django.utils import timezone

from core.db import clock
from core.db.prepared_queries import Param, PreparedQuery
from core.notify import channel
from runs.keys import current_key
from runs.models import KeptFigures, Run, Transport
from runs.results import figures, wait_reasons

State = Run.State
Key = int | None

KIND = "concurrency"  # of the row that all workers share
LEAST = 2  # which every account may run
LASTS = timedelta(minutes=15)
SEEN_AGAIN = timedelta(minutes=1)  # a limit that holds is not written more often
FIRST_FOR = timedelta(seconds=5)  # in the queue: a run that starts at once waits for nothing
DIRECT = (Transport.SYNC, Transport.STREAM, Transport.WEBSOCKET)

_KNOWN = PreparedQuery(
    lambda: KeptFigures.objects.filter(kind=Param("kind", CharField())).values_list("values")
)
_RUNNING = PreparedQuery(
    lambda: (
        Run.objects.unfinished()
        .filter(state=State.RUNNING)
        .order_by()
        .values_list("project_key_id", flat=True)
    )
)


def limits() -> dict[Key, int]:
    """Return the limits that were observed lately."""
    oldest = timezone.now() - LASTS
    return {key: limit for key, (limit, at) in _known().items() if at > oldest}


def in_progress() -> Counter[Key]:
    """Return the number of our runs in progress at upstream, by key."""
    return Counter(_RUNNING.all())


def record_refused(key: Key) -> str:
    """Learn from a run that fal refused because of the limit; return what the run waits for."""
    limit = max(in_progress()[key], 1)
    _keep({key: limit})
    return wait_reasons.account_limit(limit)


def observe() -> None:
    """Learn from the queue, and say on the pages of waiting runs that they wait for a limit."""
    running, known = in_progress(), limits()
    first_since = clock.now() - FIRST_FOR
    queued = Run.objects.unfinished().filter(state=State.QUEUED, queue_position=0)
    held = set(
        queued.filter(queued_at__lt=first_since).order_by().values_list("project_key", flat=True)
    )
    news: dict[Key, int | None] = {}
    for key in {*running, *known}:
        limit, count = known.get(key), running[key]
        if key in held and count >= (limit or LEAST):
            news[key] = count
        elif limit and count > limit:
            news[key] = None
    if news:
        _keep(news)
        known = limits()
    _note(known, running)


def _note(known: Mapping[Key, int], running: Counter[Key]) -> None:
    """Write or remove the sentence about fal's limit; other notes are more important."""
    key_of = current_key.keys_by_project()
    waiting = Run.objects.unfinished().filter(
        Q(state=State.QUEUED, queue_position=0) | Q(state=State.CREATED, transport__in=DIRECT),
        Q(note="") | Q(note__startswith=wait_reasons.ACCOUNT),
    )
    with transaction.atomic():
        changed_count = 0
        for key in {None, *key_of.values()}:
            limit = known.get(key)
            is_full = limit is not None and running[key] >= limit
            note = wait_reasons.account_limit(limit) if limit and is_full else ""
            runs = waiting.filter(current_key.is_of(key, key_of)).exclude(note=note)
            changed_count += runs.update(note=note, version=F("version") + 1)
        if changed_count:
            channel.notify()


def _known() -> dict[Key, tuple[int, datetime]]:
    rows = _KNOWN.all(kind=KIND)
    values = rows[0][0] if rows else {}
    return {
        int(key) if key else None: (limit, datetime.fromisoformat(at))
        for key, (limit, at) in values.items()
    }


def _keep(news: Mapping[Key, int | None]) -> None:
    """Write limits, or forget them (None)."""
    now = timezone.now()
    with figures.changing(KIND) as row:
        for key, limit in news.items():
            name = "" if key is None else str(key)
            before, at = row.values.pop(name, (None, ""))
            if limit == before and now - datetime.fromisoformat(at) < SEEN_AGAIN:
                row.values[name] = [before, at]
            elif limit is not None:
                row.values[name] = [limit, now.isoformat()]
