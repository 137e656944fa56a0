"""Stores the names by which people tell the models of the catalogue apart."""

from __future__ import annotations

from catalog.models import Endpoint
from catalog.naming import Title, full_names
from catalog.sync.bulk_write import ROWS_PER_WRITE


def tell_apart() -> int:
    """Write the names that differ, in short transactions; nothing is left to do then.

    A name depends on all the others, so that all titles are read.
    """
    rows = Endpoint.objects.order_by("position", "endpoint_id")
    endpoints = list(rows.only("endpoint_id", "display_name", "full_name", "category"))
    names = full_names(
        Title(endpoint.pk, endpoint.endpoint_id, endpoint.display_name, endpoint.category)
        for endpoint in endpoints
    )
    changed = [endpoint for endpoint in endpoints if endpoint.full_name != names[endpoint.pk]]
    for endpoint in changed:
        endpoint.full_name = names[endpoint.pk]
    for start in range(0, len(changed), ROWS_PER_WRITE):
        batch = changed[start : start + ROWS_PER_WRITE]
        Endpoint.objects.bulk_update(batch, ["full_name"])
    return 0
