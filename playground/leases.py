"""Who works on which run: a lease in the row, so that a dead worker's runs are taken over.

On PostgreSQL several workers claim side by side (`SKIP LOCKED`); on SQLite a claim is
one immediate transaction.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from playground import changes, inputs
from playground.models import Run
from playground.querysets import RunQuerySet

LEASE = timedelta(seconds=15)
RENEW_EVERY_S = 5.0

State = Run.State


@dataclass(frozen=True)
class Claim:
    """What a worker got to do: runs to send (with their endpoints), and sent ones to follow."""

    to_send: list[Run]
    to_follow: list[uuid.UUID]


def claim(worker: str, limit: int, now: datetime | None = None) -> Claim:
    """Take up to `limit` free runs, oldest first.

    A run found half sent belongs to a worker that died while sending: upstream may have
    it, so it becomes unconfirmed and is never sent again by itself. One whose files were
    still going up was not sent.
    """
    now = now or timezone.now()
    with transaction.atomic():
        rows = (
            _free(now)
            .with_endpoint()
            .defer("output", "logs", "metrics")
            .select_for_update(
                of=("self",), skip_locked=connection.features.has_select_for_update_skip_locked
            )
            .order_by("created_at")[:limit]
        )
        to_send: list[Run] = []
        to_follow: list[uuid.UUID] = []
        half_sent: list[uuid.UUID] = []
        for run in rows:
            if run.state == State.CREATED or inputs.is_before_submit(run):
                run.attempts += 1
                to_send.append(run)
            else:
                (to_follow if run.handle else half_sent).append(run.pk)
        mine = {"worker": worker, "lease_until": now + LEASE}
        if to_send:
            Run.objects.filter(pk__in=[run.pk for run in to_send]).update(
                **mine, state=State.SUBMITTING, attempts=F("attempts") + 1, note=""
            )
        if to_follow:
            Run.objects.filter(pk__in=to_follow).update(**mine)
        if half_sent:
            Run.objects.filter(pk__in=half_sent).update(
                state=State.UNCONFIRMED, version=F("version") + 1, worker="", lease_until=None
            )
            transaction.on_commit(changes.announce)
    return Claim(to_send, to_follow)


def has_free() -> bool:
    """Whether `claim` would find something; one cheap look without a write."""
    return _free(timezone.now()).exists()


def _free(now: datetime) -> RunQuerySet:
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    return Run.objects.unfinished().exclude(state=State.UNCONFIRMED).filter(free)


def renew(worker: str, runs: Collection[uuid.UUID]) -> None:
    """Keep the leases of runs that are still being worked on."""
    Run.objects.filter(pk__in=list(runs), worker=worker).update(lease_until=timezone.now() + LEASE)


def release(worker: str) -> None:
    """Hand every lease back at once, so that another worker goes on without waiting."""
    Run.objects.unfinished().filter(worker=worker).exclude(state=State.SUBMITTING).update(
        worker="", lease_until=None
    )
    changes.announce()
