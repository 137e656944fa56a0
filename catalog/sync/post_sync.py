"""Jobs that run after a sync: extract facts, tell names apart, diff schemas, prune old changes.

Each step processes one batch in short transactions and returns its size, 0 when nothing is left.
A stopped job continues after the next sync.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from asgiref.sync import sync_to_async
from django.db import connections, transaction
from django.db.models import F, Value
from django.db.models.functions import Concat

from catalog.changelog import recorder
from catalog.models import Endpoint, Schema
from catalog.naming import Title, full_names
from catalog.sync.bulk_write import ROWS_PER_WRITE
from schemas.document.openapi import contract, read_document
from schemas.facts.capabilities import RULES, capabilities_of
from schemas.fields.field_tree import build
from schemas.uses.inputs import inputs_of

DOCUMENTS_AT_ONCE = 5  # bounds memory, and how long the GIL is held
ENDPOINTS_AT_ONCE = 25  # keeps the write lock short
PAUSE_S = 0.02  # between batches, so that other work of this process is not delayed


# Stores the names by which people tell the models of the catalogue apart.
def tell_names_apart() -> int:
    """Write all names that differ, in short transactions; returns 0, as nothing is left to do.

    A name depends on all the others, so all titles are read.
    """
    rows = Endpoint.objects.order_by("position", "endpoint_id")
    endpoints = list(rows.only("endpoint_id", "display_name", "full_name", "category"))
    names = full_names(
        Title(endpoint.pk, endpoint.endpoint_id, endpoint.display_name, endpoint.category)
        for endpoint in endpoints
    )
    renamed = [endpoint for endpoint in endpoints if endpoint.full_name != names[endpoint.pk]]
    for endpoint in renamed:
        endpoint.full_name = names[endpoint.pk]
    for start in range(0, len(renamed), ROWS_PER_WRITE):
        batch = renamed[start : start + ROWS_PER_WRITE]
        Endpoint.objects.bulk_update(batch, ["full_name"])
    return 0


# Extracts the capabilities of models from their schemas, and copies them to the endpoints.
#
# Both steps run after each sync: `extract_facts` parses each document once per version of the
# rules, `copy_facts_to_endpoints` copies the result to every endpoint of that schema. Pending work
# is found by the rows' own columns, so a stopped step loses nothing.


def extract_facts() -> int:
    """Parse one batch of documents not yet parsed by the current rules; returns its size."""
    due_schemas = Schema.objects.filter(facts_version__lt=RULES).order_by("facts_version", "digest")
    schemas = list(due_schemas.only("digest", "document")[:DOCUMENTS_AT_ONCE])
    for schema in schemas:
        schema.facts = _read_facts(read_document(schema.document))
        schema.facts_version = RULES
    Schema.objects.bulk_update(schemas, ["facts", "facts_version"])
    return len(schemas)


def _read_facts(document: Any) -> dict[str, Any]:
    """What pages and search need from a document, as JSON."""
    input_contract = contract(document, "")
    root = build(input_contract)
    able = capabilities_of(input_contract, root, document)
    inputs = [list(field) for field in inputs_of(root)]
    return {"facts": able.facts, "words": able.words, "inputs": inputs}


def copy_facts_to_endpoints() -> int:
    """Copy facts to one batch of endpoints, writing only what differs; returns the batch size."""
    mark = Concat(Value(f"{RULES}."), F("schema_id"))
    stale = (
        Endpoint.objects.filter(schema__facts_version=RULES)
        .exclude(facts_from=mark)
        .select_related("schema")
        .only("facts", "field_words", "inputs", "facts_from", "schema__facts")
        .order_by()
    )
    rows = list(stale[:ENDPOINTS_AT_ONCE])
    with transaction.atomic():
        for row in rows:
            # An endpoint whose schema changed meanwhile stays due.
            Endpoint.objects.filter(pk=row.pk, schema=row.schema).update(**_differing(row))
    return len(rows)


def _differing(row: Endpoint) -> dict[str, Any]:
    """The columns to write, without equal facts: writing them would renew the revision."""
    stored_facts = row.schema.facts if row.schema and isinstance(row.schema.facts, dict) else {}
    fresh = {
        "facts": stored_facts.get("facts", []),
        "field_words": stored_facts.get("words", ""),
        "inputs": stored_facts.get("inputs", []),
    }
    mark = {"facts_from": f"{RULES}.{row.schema_id}"}
    return mark | {name: value for name, value in fresh.items() if getattr(row, name) != value}


STEPS: tuple[Callable[[], int], ...] = (
    extract_facts,
    copy_facts_to_endpoints,
    tell_names_apart,
    recorder.compare_pending,
    recorder.prune,
)


def run() -> None:
    """Run all steps to completion."""
    for step in STEPS:
        while step():
            pass


async def run_in_background() -> None:
    """Run all steps, one batch at a time, in a separate thread with its own connection."""
    with ThreadPoolExecutor(1, "post_sync") as thread:
        try:
            for step in STEPS:
                batch = sync_to_async(step, thread_sensitive=False, executor=thread)
                while True:
                    if not await batch():
                        break
                    await asyncio.sleep(PAUSE_S)
        finally:
            thread.submit(connections.close_all)
