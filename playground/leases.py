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

from playground import changes
from playground.models import Run

LEASE = timedelta(seconds=15)
RENEW_EVERY_S = 5.0

State = Run.State


@dataclass(frozen=True)
class Claim:
    """What a worker got to do: runs to send, and runs to follow that were sent already."""

    to_send: list[uuid.UUID]
    to_follow: list[uuid.UUID]

    def __len__(self) -> int:
        return len(self.to_send) + len(self.to_follow)


def claim(worker: str, limit: int, now: datetime | None = None) -> Claim:
    """Take up to `limit` free runs, oldest first.

    A run found half sent belongs to a worker that died while sending: upstream may have
    it, so it becomes unconfirmed and is never sent again by itself.
    """
    now = now or timezone.now()
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    with transaction.atomic():
        rows = (
            Run.objects.unfinished()
            .exclude(state=State.UNCONFIRMED)
            .filter(free)
            .select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked)
            .order_by("created_at")
            .values_list("pk", "state", "handle")[:limit]
        )
        to_send, to_follow, half_sent = [], [], []
        for pk, state, handle in rows:
            if state == State.CREATED:
                to_send.append(pk)
            elif handle:
                to_follow.append(pk)
            else:
                half_sent.append(pk)
        mine = {"worker": worker, "lease_until": now + LEASE}
        Run.objects.filter(pk__in=to_send).update(
            **mine, state=State.SUBMITTING, attempts=F("attempts") + 1, note=""
        )
        Run.objects.filter(pk__in=to_follow).update(**mine)
        if half_sent:
            Run.objects.filter(pk__in=half_sent).update(
                state=State.UNCONFIRMED, version=F("version") + 1, worker="", lease_until=None
            )
            transaction.on_commit(changes.announce)
    return Claim(to_send, to_follow)


def has_free(now: datetime | None = None) -> bool:
    """Whether `claim` would find something; one cheap look without a write."""
    now = now or timezone.now()
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    return Run.objects.unfinished().exclude(state=State.UNCONFIRMED).filter(free).exists()


def renew(worker: str, runs: Collection[uuid.UUID]) -> None:
    """Keep the leases of runs that are still being worked on."""
    Run.objects.filter(pk__in=list(runs), worker=worker).update(lease_until=timezone.now() + LEASE)


def release(worker: str) -> None:
    """Hand every lease back at once, so that another worker goes on without waiting."""
    Run.objects.unfinished().filter(worker=worker).exclude(state=State.SUBMITTING).update(
        worker="", lease_until=None
    )
    changes.announce()
