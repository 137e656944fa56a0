"""The leaderboard: which models are worth using for each operation, by their records."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from django.db.models import OuterRef, Subquery
from django.urls import reverse

from catalog.filters.operations import OPERATIONS, Operation, operations_of
from catalog.model_records import FEWEST_TOLD, ModelRecord, ModelRecords
from catalog.models import Endpoint
from core.formatting import duration
from playground.display import history
from runs.models import Run
from runs.models.querysets import RunQuerySet

SIDE_BY_SIDE = 3  # the winner and its rivals
MOST_SEARCHED = 1000  # runs of a model, for a kept one with a picture
_COLUMNS = (
    *Endpoint.NAMED_BY,
    "category",
    "median_s",
    "gone_at",
    "mark",
    "status",
    "picture__small",
    "picture__large",
)


class Entry(NamedTuple):
    """A model with its record."""

    endpoint: Endpoint
    record: ModelRecord

    @property
    def name(self) -> str:
        """Return the words by which operations know a model: its id and its name."""
        return f"{self.endpoint.endpoint_id} {self.endpoint.display_name}"

    @property
    def figures(self) -> str:
        """Return `$0.008 per kept result, 17 of 30 kept, 3 s, won 3 of 4 rows`."""
        time = duration(self.endpoint.median_s)
        return ", ".join(filter(None, (*self.record.parts, time, self.record.won)))


def _price(entry: Entry) -> float:
    price = entry.record.price_per_kept
    return math.inf if entry.record.too_few or price is None else float(price)


def _speed(entry: Entry) -> float:
    return math.inf if entry.endpoint.median_s is None else entry.endpoint.median_s


def _share(entry: Entry) -> float:
    """Return the sort key by the lower end of the share: 70 of 100 come before one of one."""
    return -entry.record.share_interval[0]


SORTS: Mapping[str, Callable[[Entry], float]] = {
    "price": _price,
    "share": _share,
    "speed": _speed,
}


def rank(
    records: ModelRecords, sort: str = "price", operation: Operation | None = None
) -> list[Entry]:
    """Return the models with a record, or those for an operation, the best first; one query."""
    keys = [key for key, record in records.shown.items() if record.runs]
    endpoints = Endpoint.objects.select_related("picture").only(*_COLUMNS).in_bulk(keys)
    entries = [Entry(endpoint, records.shown[key]) for key, endpoint in endpoints.items()]
    if operation is not None and operation.category:  # otherwise any model may do it
        entries = [
            entry for entry in entries if operation.is_done_by(entry.endpoint.category, entry.name)
        ]
    key = SORTS[sort]
    return sorted(entries, key=lambda entry: (key(entry), _share(entry), entry.endpoint.name))


class Block(NamedTuple):
    """The models for one operation, the best first, with the pictures of the first ones."""

    operation: Operation
    entries: list[Entry]
    stills: Mapping[int, str]

    @property
    def first(self) -> list[tuple[Entry, str]]:
        """Return the best model and its rivals, each with the address of its best kept picture."""
        return [
            (entry, self.stills.get(entry.endpoint.pk, "")) for entry in self.entries[:SIDE_BY_SIDE]
        ]

    @property
    def others(self) -> list[Entry]:
        """Return the models after those."""
        return self.entries[SIDE_BY_SIDE:]

    @property
    def comparison(self) -> str:
        """Return the address of a board of the first models; empty if there is only one."""
        models = [("model", entry.endpoint.endpoint_id) for entry, _ in self.first]
        return f"{reverse('boards:plan')}?{urlencode(models)}" if len(models) > 1 else ""


def blocks(
    records: ModelRecords, locked: Collection[int], runs: RunQuerySet, *, is_free: bool
) -> list[Block]:
    """Return a block for each operation that a model with enough judged results does.

    The operation with the most judged results comes first. Models that nobody may or should use any
    more are left out, and those that are `locked`. `runs` are those that the reader may see.
    """
    by_operation: dict[str, list[Entry]] = defaultdict(list)
    entries = rank(records, "share" if is_free else "price")
    for entry in sorted(entries, key=lambda entry: (not entry.record.kept, entry.record.too_few)):
        endpoint = entry.endpoint
        is_usable = not endpoint.retirement and endpoint.pk not in locked
        if entry.record.judged >= FEWEST_TOLD and is_usable:
            for slug in operations_of(endpoint):
                by_operation[slug].append(entry)
    first = {entry.endpoint.pk for row in by_operation.values() for entry in row[:SIDE_BY_SIDE]}
    stills = _best_kept(runs, first) if first else {}
    block_list = [
        Block(OPERATIONS[slug], row, stills)
        for slug, row in by_operation.items()
        if row[0].record.kept
    ]
    return sorted(
        block_list, key=lambda block: -sum(entry.record.judged for entry in block.entries)
    )


def _best_kept(runs: RunQuerySet, models: Collection[int]) -> dict[int, str]:
    """Return the address of a picture of each model's best kept run; two queries.

    That is the newest one with a star, else the newest that is kept for another reason. Only the
    newest runs are searched: programs may have made a hundred thousand that nobody kept.
    """
    newest = runs.kept().filter(endpoint=OuterRef(OuterRef("pk"))).order_by("-created_at")
    kept = Run.objects.filter(pk__in=newest.values("pk")[:MOST_SEARCHED], recorded__is_kept=True)
    best = Subquery(kept.order_by("-is_starred", "-created_at").values("pk")[:1])
    keys = Endpoint.objects.filter(pk__in=models).values_list(best)
    best_runs = Run.objects.filter(pk__in=keys).recent()
    return {run.endpoint_id: history.row(run).still for run in best_runs}
