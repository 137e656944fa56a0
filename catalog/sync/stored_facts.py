"""Extracts the capabilities of models from their schemas, and copies them to the endpoints.

Both steps run after each sync: `extract_facts` parses each document once per version of the rules,
`copy_to_endpoints` copies the result to every endpoint of that schema. Pending work is found by the
rows' own columns, so a stopped step loses nothing.
"""

from __future__ import annotations

from typing import Any

from django.db.models import F, Value
from django.db.models.functions import Concat

from catalog.models import Endpoint, Schema
from catalog.sync import bulk_write
from schemas.document.openapi import contract, read_document
from schemas.facts.capabilities import RULES, capabilities_of
from schemas.fields.field_tree import build
from schemas.uses.inputs import inputs_of

DOCUMENTS_AT_ONCE = 5  # bounds memory, and how long the GIL is held
ENDPOINTS_AT_ONCE = 50  # keeps the write lock short


def extract_facts() -> int:
    """Parse one batch of documents not yet parsed by the current rules; returns its size."""
    due = Schema.objects.filter(facts_version__lt=RULES).order_by("facts_version", "digest")
    schemas = list(due.only("digest", "document")[:DOCUMENTS_AT_ONCE])
    for schema in schemas:
        schema.facts = _read_facts(read_document(schema.document))
        schema.facts_version = RULES
    bulk_write.update(schemas, ["facts", "facts_version"], keys=["digest"])
    return len(schemas)


def _read_facts(document: Any) -> dict[str, Any]:
    """What pages and search need of a document, as JSON."""
    found = contract(document, "")
    root = build(found)
    able = capabilities_of(found, root, document)
    inputs = [list(one) for one in inputs_of(root)]
    return {"facts": able.facts, "words": able.words, "inputs": inputs}


def copy_to_endpoints() -> int:
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
    changed: list[Endpoint] = []
    unchanged: list[Endpoint] = []
    for row in rows:
        stored = row.schema.facts if row.schema and isinstance(row.schema.facts, dict) else {}
        fresh = stored.get("facts", []), stored.get("words", ""), stored.get("inputs", [])
        row.facts_from = f"{RULES}.{row.schema_id}"
        is_same = (row.facts, row.field_words, row.inputs) == fresh
        (unchanged if is_same else changed).append(row)
        row.facts, row.field_words, row.inputs = fresh
    keys = ["id", "schema"]  # an endpoint whose schema changed meanwhile stays due
    bulk_write.update(changed, ["facts", "field_words", "inputs", "facts_from"], keys=keys)
    bulk_write.update(unchanged, ["facts_from"], keys=keys)
    return len(rows)
