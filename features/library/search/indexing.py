"""Indexes runs in the background when they are new, have ended, were moved, or have been used.

What a run that has ended leaves in a series is written along with its entry.

The index's migration has marked all earlier runs as due. The same job indexes them a few at a time,
the newest first, and continues where it was stopped.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta

from asgiref.sync import sync_to_async
from django.db import connection, transaction
from django.db.models import F

from features.library.models import DueEntry, SearchEntry
from features.library.search.entries import document_of
from features.library.series import destinations
from runs.files import input_references
from runs.models import Charge, InputFile, Run
from runs.models.ledger import SumState
from runs.worker import idle

AT_ONCE = 100  # runs per transaction
MANY = 1000  # more marks than this mean that the index is being built
SOON_S = 0.05  # while more is due, so that the worker's other jobs get their turn
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


async def index_in_background() -> float:
    """Index due runs; return the seconds until the next time."""
    return SOON_S if await sync_to_async(index_due)() == AT_ONCE else idle.REST_S


def index_all() -> None:
    """Index everything that is due."""
    while index_due():
        pass


def waiting() -> int:
    """Return the number of waiting marks, at most MANY + 1; 0 if there are no more than MANY."""
    count = DueEntry.objects.order_by()[: MANY + 1].count()
    return count if count > MANY else 0


def index_due() -> int:
    """Index the runs that were marked last; return the number of processed marks.

    On PostgreSQL, two workers take different marks. On SQLite they take turns.
    """
    if not DueEntry.objects.exists():  # an idle worker writes nothing
        return 0
    input_references.read_unread()  # a new run may use results of others, which then become due
    with transaction.atomic():
        due_entries = DueEntry.objects.order_by("-pk")
        if connection.features.has_select_for_update_skip_locked:
            due_entries = due_entries.select_for_update(skip_locked=True)
        marks = dict(due_entries.values_list("pk", "run_id")[:AT_ONCE])
        index(set(marks.values()))
        destinations.settle(set(marks.values()))
        DueEntry.objects.filter(pk__in=list(marks)).delete()
    return len(marks)


def index(keys: Collection[uuid.UUID]) -> None:
    """Write the entries of these runs."""
    runs = Run.objects.filter(pk__in=keys)
    places = _places(runs.light())
    uses = InputFile.objects.filter(source__in=keys).exclude(run=F("source"))
    used_runs = set(uses.values_list("source", flat=True))
    loaded = runs.with_endpoint().light("arguments", "output").select_related("charge")
    entries = []
    for run in loaded.iterator(1):  # of megabytes each
        document = document_of(run, is_used=run.pk in used_runs)
        entries.append(
            SearchEntry(
                id=places[run.pk],
                run=run,
                words=document.words,
                kinds=document.kinds,
                cost=document.cost,
            )
        )
    SearchEntry.objects.bulk_create(
        entries,
        update_conflicts=True,
        unique_fields=["run"],
        update_fields=["words", "kinds", "cost"],
    )


def note_cost(charge: Charge) -> None:
    """Write a run's cost into its entry, if it has one: bills arrive after the run's end."""
    cost = charge.amount if charge.state == SumState.SETTLED else None
    SearchEntry.objects.filter(run=charge.run_id).update(cost=cost)


def _places(runs: Iterable[Run]) -> dict[uuid.UUID, int]:
    """Return the keys of the runs' entries: creation times, a little later if already taken."""
    times = {run.pk: (run.created_at - _EPOCH) // timedelta(microseconds=1) for run in runs}
    places = dict(SearchEntry.objects.filter(run__in=times).values_list("run_id", "pk"))
    other_entries = SearchEntry.objects.filter(pk__in=list(times.values()))
    used_places = set(other_entries.values_list("pk", flat=True)) | set(places.values())
    for run, place in times.items():
        if run in places:
            continue
        while place in used_places:
            place += 1
            if place not in used_places and SearchEntry.objects.filter(pk=place).exists():
                used_places.add(place)
        places[run] = place
        used_places.add(place)
    return places
