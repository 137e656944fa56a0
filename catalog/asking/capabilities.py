"""What the schemas say their models can do, kept where the search finds it: read after each sync, once per version.

Two steps of `afterwards.py`: `read` works through the documents, `share` gives every endpoint what its
schema says. What is due is read off the rows, so a stop costs nothing.
"""

from __future__ import annotations

from django.db.models import F, Value
from django.db.models.functions import Concat

from catalog import endpoint_rows
from catalog.models import Endpoint, Schema
from schemas.capabilities import RULES
from schemas.capabilities import read as read_facts
from schemas.openapi import read_document

DOCUMENTS_AT_ONCE = 5  # bounds the memory, and how long others wait for the interpreter
ENDPOINTS_AT_ONCE = 50  # keeps the write lock short


def read() -> int:
    """Read a few documents that the present rules have not read; how many that were."""
    due = Schema.objects.filter(facts_version__lt=RULES).order_by("facts_version", "digest")
    schemas = list(due.only("digest", "document")[:DOCUMENTS_AT_ONCE])
    for schema in schemas:
        found = read_facts(read_document(schema.document))
        schema.facts = {"facts": found.facts, "words": found.words}
        schema.facts_version = RULES
    endpoint_rows.update(schemas, ["facts", "facts_version"], keys=["digest"])
    return len(schemas)


def share() -> int:
    """Give a few endpoints what their schemas say; how many that were. Writes only what differs."""
    mark = Concat(Value(f"{RULES}."), F("schema_id"))
    stale = (
        Endpoint.objects.filter(schema__facts_version=RULES)
        .exclude(facts_from=mark)
        .select_related("schema")
        .only("facts", "field_words", "facts_from", "schema__facts")
        .order_by()
    )
    rows = list(stale[:ENDPOINTS_AT_ONCE])
    differing: list[Endpoint] = []
    same: list[Endpoint] = []
    for row in rows:
        said = row.schema.facts if row.schema and isinstance(row.schema.facts, dict) else {}
        facts, words = said.get("facts", []), said.get("words", "")
        row.facts_from = f"{RULES}.{row.schema_id}"
        (same if (row.facts, row.field_words) == (facts, words) else differing).append(row)
        row.facts, row.field_words = facts, words
    keys = ["id", "schema"]  # one that got another schema meanwhile is due again
    endpoint_rows.update(differing, ["facts", "field_words", "facts_from"], keys=keys)
    endpoint_rows.update(same, ["facts_from"], keys=keys)
    return len(rows)
