"""Exports the catalogue's listing entries unchanged, in the format of upstream's listing."""

from __future__ import annotations

import json
from collections.abc import Iterator

from catalog.models import Endpoint, Revision
from catalog.search import engine
from catalog.search.index import current
from catalog.search.query import Query
from catalog.track_records import NO_RECORDS, TrackRecords

_AT_ONCE = 500  # entries a query


def export(
    query: Query,
    starred: frozenset[int],
    locked: frozenset[int] = frozenset(),
    records: TrackRecords = NO_RECORDS,
) -> str:
    """Return JSON with every model that a query finds, in upstream's order.

    `locked` are the models that rules lock, `records` the votes on them, for queries by them.

    A model that no sync has listed since entries are stored has only its id.
    """
    index = current(Revision.current())
    places = sorted(engine.find_all(query, starred, index, locked, records))
    entries = _entries([index.keys[place] for place in places])
    return "".join(['{"models":[\n', ",\n".join(entries), '\n],"has_more":false}\n'])


def _entries(keys: list[int]) -> Iterator[str]:
    for start in range(0, len(keys), _AT_ONCE):
        batch = keys[start : start + _AT_ONCE]
        rows = Endpoint.objects.filter(pk__in=batch).order_by()
        texts = {
            pk: (i, text) for pk, i, text in rows.values_list("pk", "endpoint_id", "entry__text")
        }
        for endpoint_id, text in (texts[key] for key in batch if key in texts):
            yield text or json.dumps({"endpoint_id": endpoint_id})
