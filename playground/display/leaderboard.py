"""The leaderboard: the records of all models of a project or the house, in a chosen order."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from typing import NamedTuple

from catalog.display.operations import Operation
from catalog.model_records import ModelRecord
from catalog.models import Endpoint, Revision
from catalog.search import engine
from catalog.search.index import current
from catalog.search.query import Query
from projects.models import Project
from runs.records.model_record import records_of

LISTED = ("endpoint_id", "display_name", "full_name", "category", "median_s")


class Entry(NamedTuple):
    """A model with its record."""

    endpoint: Endpoint
    record: ModelRecord


def _price(entry: Entry) -> float:
    price = entry.record.price_per_kept
    return math.inf if entry.record.too_few or price is None else float(price)


def _speed(entry: Entry) -> float:
    return math.inf if entry.record.median_s is None else entry.record.median_s


def _share(entry: Entry) -> float:
    """Return the sort key by the lower end of the share: 70 of 100 come before one of one."""
    return -entry.record.share_interval[0]


_Order = tuple[str, Callable[[Entry], float]]
SORTS: dict[str, _Order] = {
    "price": ("Price of a kept result", _price),
    "share": ("Share kept", _share),
    "speed": ("Speed", _speed),
}


def find_entries(project: Project | None, sort: str, operation: Operation | None) -> list[Entry]:
    """Return the entries of a project, or those of the house that tell enough; two queries.

    The house's figures of few runs would tell what a single person of another project does.
    """
    records = {
        key: record
        for key, record in records_of(project).items()
        if record.runs and (project is not None or not record.too_few)
    }
    if operation is not None:
        of_operation = _models_of(operation)
        records = {key: record for key, record in records.items() if key in of_operation}
    endpoints = Endpoint.objects.only(*LISTED).in_bulk(records)
    entries = [Entry(endpoints[key], records[key]) for key in records if key in endpoints]
    _, key = SORTS[sort]
    return sorted(entries, key=lambda entry: (key(entry), _share(entry), entry.endpoint.name))


def _models_of(operation: Operation) -> Collection[int]:
    query = Query(operation.query, frozenset({("category", operation.category)}))
    return engine.rank_all(query, current(Revision.current())).keys()
