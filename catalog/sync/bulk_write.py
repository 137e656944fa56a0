"""Inserts and updates of endpoints and their related rows, in short transactions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from django.db import transaction

from catalog.models import Change, Endpoint, ListingEntry

ROWS_PER_WRITE = 50  # keeps the write lock below 50 ms
Entries = Mapping[str, str]
NO_ENTRIES: Entries = {}
T = TypeVar("T")


def insert(
    rows: Sequence[Endpoint], changes: Sequence[Change] = (), entries: Entries = NO_ENTRIES
) -> None:
    """Insert new endpoints, each batch with its `changes` and `entries` in one transaction.

    `entries` are their listing entries by endpoint id.
    """
    for batch in _batches(rows):
        with transaction.atomic():
            Endpoint.objects.bulk_create(batch)
            _write_related(batch, changes, entries)


def update(
    rows: Sequence[Endpoint],
    names: Sequence[str],
    changes: Sequence[Change] = (),
    entries: Entries = NO_ENTRIES,
) -> None:
    """Update the columns `names` of endpoints, each batch with its `changes` and `entries`."""
    for batch in _batches(rows):
        with transaction.atomic():
            Endpoint.objects.bulk_create(
                batch, update_conflicts=True, unique_fields=["pk"], update_fields=names
            )
            _write_related(batch, changes, entries)


def _write_related(batch: Sequence[Endpoint], changes: Sequence[Change], entries: Entries) -> None:
    ids = {row.endpoint_id for row in batch}
    ListingEntry.objects.bulk_create(
        [
            ListingEntry(endpoint=row, text=entries[row.endpoint_id])
            for row in batch
            if row.endpoint_id in entries
        ],
        update_conflicts=True,
        unique_fields=["endpoint"],
        update_fields=["text"],
    )
    Change.objects.bulk_create([change for change in changes if change.endpoint.endpoint_id in ids])


def _batches(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(rows), ROWS_PER_WRITE):
        yield rows[start : start + ROWS_PER_WRITE]
