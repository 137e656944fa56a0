"""The leaderboard: the records of all models of a project or the house, in a chosen order."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from catalog.filters.operations import Operation
from catalog.model_records import ModelRecord, ModelRecords
from catalog.models import Endpoint, Revision
from catalog.search import engine
from catalog.search.index import current
from catalog.search.query import Query
from core.byte_cache import byte_cached

LISTED = ("endpoint_id", "display_name", "full_name", "category", "median_s")


class Entry(NamedTuple):
    """A model with its record."""

    endpoint: Endpoint
    record: ModelRecord


class Ranked(NamedTuple):
    """A model's key and category, at its place in the order."""

    endpoint: int
    category: str


def _price(entry: Entry) -> float:
    price = entry.record.price_per_kept
    return math.inf if entry.record.too_few or price is None else float(price)


def _speed(entry: Entry) -> float:
    return math.inf if entry.endpoint.median_s is None else entry.endpoint.median_s


def _share(entry: Entry) -> float:
    """Return the sort key by the lower end of the share: 70 of 100 come before one of one."""
    return -entry.record.share_interval[0]


_Order = tuple[str, Callable[[Entry], float]]
SORTS: dict[str, _Order] = {
    "price": ("Price of a kept result", _price),
    "share": ("Share kept", _share),
    "speed": ("Speed", _speed),
}


def rank(records: ModelRecords, sort: str, operation: Operation | None) -> Sequence[Ranked]:
    """Return the models with a record, or those for an operation, the best first.

    One query while neither the records nor the catalogue change.
    """
    return _rank(Revision.current(), records, sort, operation)


def _key(revision: str, records: ModelRecords, *rest: object) -> tuple[object, ...]:
    return revision, records.key, *rest


@byte_cached(1 << 20, key=_key)
def _rank(
    revision: str, records: ModelRecords, sort: str, operation: Operation | None
) -> tuple[Ranked, ...]:
    keys = {key for key, record in records.shown.items() if record.runs}
    if operation is not None:
        keys &= engine.rank_all(Query(operation.condition), current(revision)).keys()
    endpoints = Endpoint.objects.only(*LISTED).filter(pk__in=keys)
    entries = [Entry(endpoint, records.shown[endpoint.pk]) for endpoint in endpoints]
    _, key = SORTS[sort]
    entries.sort(key=lambda entry: (key(entry), _share(entry), entry.endpoint.name))
    return tuple(Ranked(entry.endpoint.pk, entry.endpoint.category) for entry in entries)


def entries_of(ranked: Iterable[Ranked], records: ModelRecords) -> list[Entry]:
    """Return a page of ranked models with their records; one query."""
    keys = [row.endpoint for row in ranked]
    endpoints = Endpoint.objects.only(*LISTED).in_bulk(keys)
    return [Entry(endpoints[key], records.shown[key]) for key in keys if key in endpoints]
