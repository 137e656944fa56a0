"""Guesses how many runs fal runs at once for the account (protocol, 17.5; ADR 43).

No API tells it: a new account runs two at once, an older one up to forty. Two observations do:

- fal refuses a run over one connection because of the limit: it is what is in progress then;
- a run stays first in fal's queue while others are in progress. At least two, and
  as many as ever before: the first in the queue of one model may only wait for a machine.

The guess explains waits and holds no run back. It is forgotten as soon as more runs are in
progress, and some time after it was last seen: accounts grow.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import F, Q
from django.utils import timezone

from core.db import clock
from core.notify import channel
from runs.models import KeptFigures, Run, Transport
from runs.results import figures, wait_reasons

State = Run.State

KIND = "concurrency"  # of the row that all workers share
ACCOUNT = ""  # its entry; the others were of keys of projects, before 0.3.0
LEAST = 2  # which every account may run
LASTS = timedelta(minutes=15)
SEEN_AGAIN = timedelta(minutes=1)  # a limit that holds is not written more often
FIRST_FOR = timedelta(seconds=5)  # in the queue: a run that starts at once waits for nothing
DIRECT = (Transport.SYNC, Transport.STREAM, Transport.WEBSOCKET)


def limit() -> int | None:
    """Return the limit if it was observed lately."""
    known_limit, at = _known()
    return known_limit if known_limit and at and at > timezone.now() - LASTS else None


def in_progress() -> int:
    """Return the number of our runs in progress at upstream."""
    return Run.objects.unfinished().filter(state=State.RUNNING).count()


def record_refused() -> str:
    """Learn from a run that fal refused because of the limit; return what the run waits for."""
    observed = max(in_progress(), 1)
    _keep(observed)
    return wait_reasons.account_limit(observed)


def observe() -> None:
    """Learn from the queue, and say on the pages of waiting runs that they wait for a limit."""
    running, known_limit = in_progress(), limit()
    first_since = clock.now() - FIRST_FOR
    queued = Run.objects.unfinished().filter(state=State.QUEUED, queue_position=0)
    if running >= (known_limit or LEAST) and queued.filter(queued_at__lt=first_since).exists():
        _keep(running)
    elif known_limit and running > known_limit:
        _keep(None)
    _note(limit(), running)


def _note(known_limit: int | None, running: int) -> None:
    """Write or remove the sentence about fal's limit; other notes are more important."""
    waiting = Run.objects.unfinished().filter(
        Q(state=State.QUEUED, queue_position=0) | Q(state=State.CREATED, transport__in=DIRECT),
        Q(note="") | Q(note__startswith=wait_reasons.ACCOUNT),
    )
    is_full = known_limit is not None and running >= known_limit
    note = wait_reasons.account_limit(known_limit) if known_limit and is_full else ""
    if waiting.exclude(note=note).update(note=note, version=F("version") + 1):
        channel.notify()


def _known() -> tuple[int | None, datetime | None]:
    figures = KeptFigures.objects.filter(kind=KIND).values_list("values", flat=True).first()
    known_limit, at = (figures or {}).get(ACCOUNT, (None, None))
    return known_limit, at and datetime.fromisoformat(at)


def _keep(observed: int | None) -> None:
    """Write the limit, or forget it (None)."""
    now = timezone.now()
    with figures.changing(KIND) as row:
        before, at = row.values.pop(ACCOUNT, (None, ""))
        if observed == before and now - datetime.fromisoformat(at) < SEEN_AGAIN:
            row.values[ACCOUNT] = [before, at]
        elif observed is not None:
            row.values[ACCOUNT] = [observed, now.isoformat()]
