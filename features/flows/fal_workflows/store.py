"""Stores a workflow of the account: its row, and the endpoint that runs it like any model.

A workflow that the catalogue does not list gets an endpoint of its own, with an OpenAPI document
generated from its definition (protocol, 15.9), so that form, checks, runs, history and search work
as for other models. A listed workflow keeps the catalogue's data.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.utils import timezone

import fal
from catalog.models import Endpoint, Schema
from catalog.schema_versions import version_of
from fal.db_safe import db_safe_text
from fal.reading import parse_time
from features.flows.graph import openapi, reading
from features.flows.models import AccountListing, AccountWorkflow
from schemas.document.openapi import as_dict, resolve

CATEGORY = "workflow"
UNKNOWN = "unknown"  # upstream gives it no version


def keep(
    item: fal.WorkflowItem, detail: fal.WorkflowDetail | None, trouble: str, *, is_own: bool
) -> AccountWorkflow | None:
    """Store upstream's data of a workflow; return None if its id is invalid.

    Without `detail`, the known definition is kept and `trouble` says why the new one is missing.
    """
    endpoint_id = item.endpoint_id
    try:
        fal.EndpointId.parse(endpoint_id)
    except fal.InvalidEndpointId:
        return None
    if len(item.name) > 128 or len(item.owner) > 128:
        return None
    values = _values(item, detail, trouble) | {"is_own": is_own}
    with transaction.atomic():
        # Another worker may be reading the account, too, or was killed while doing so.
        Endpoint.objects.get_or_create(
            endpoint_id=endpoint_id, defaults={"entry_digest": Endpoint.OF_ACCOUNT}
        )
        endpoint = Endpoint.objects.select_for_update().get(endpoint_id=endpoint_id)
        if endpoint.entry_digest == Endpoint.OF_ACCOUNT:
            _fill(endpoint, item)
            endpoint.save()
        row, _ = AccountWorkflow.objects.update_or_create(pk=endpoint.pk, defaults=values)
        row.endpoint = endpoint
        _keep_schema(row)
    return row


def _values(item: fal.WorkflowItem, detail: fal.WorkflowDetail | None, trouble: str) -> Any:
    values: dict[str, Any] = {
        "owner": item.owner,
        "name": item.name,
        "title": db_safe_text(item.title.strip() or item.name)[:256],
        "description": db_safe_text(item.description),
        "tags": [db_safe_text(tag)[:64] for tag in item.tags[:20]],
        "created_at": parse_time(item.created_at),
        "trouble": db_safe_text(trouble)[:500],
        "read_at": timezone.now(),
        "gone_at": None,
    }
    if detail is not None:
        values |= {"is_public": detail.is_public, "definition": json.dumps(detail.contents)}
    return values


def _fill(endpoint: Endpoint, item: fal.WorkflowItem) -> None:
    """Set the columns that a catalogue listing would provide."""
    endpoint.display_name = db_safe_text(item.title.strip() or item.name)[:255]
    endpoint.owner = item.owner[:128]
    endpoint.category = CATEGORY
    endpoint.description = db_safe_text(item.description)
    endpoint.tags = [db_safe_text(tag) for tag in item.tags[:20]]
    endpoint.stream_url = f"{item.endpoint_id}/stream"  # each one streams (15.7)
    endpoint.schema_updated = UNKNOWN
    endpoint.gone_at = None


def _keep_schema(row: AccountWorkflow) -> None:
    """Give an endpoint without upstream's schema the one generated from its definition."""
    endpoint = row.endpoint
    is_ours = endpoint.entry_digest == Endpoint.OF_ACCOUNT or not endpoint.schema_id
    if not row.definition or not is_ours:
        return
    try:
        graph = reading.load(row.definition)
    except reading.Unreadable as error:
        row.trouble = str(error)[:500]
        row.save(update_fields=["trouble"])
        return
    text = json.dumps(openapi.document(graph, endpoint.endpoint_id, borrow))
    digest = hashlib.sha256(text.encode()).hexdigest()
    if endpoint.schema_id == digest:
        return
    Schema.objects.get_or_create(pk=digest, defaults={"document": text})
    Endpoint.objects.filter(pk=endpoint.pk).update(
        schema_id=digest, schema_error="", schema_updated=UNKNOWN
    )


def borrow(app: str, name: str) -> dict[str, Any] | None:
    """Return the schema of a model's field, if the model is in the catalogue (15.5)."""
    endpoint = Endpoint.objects.filter(endpoint_id=app, schema__isnull=False).first()
    if endpoint is None:
        return None
    contract = version_of(endpoint).contract
    schema, _ = resolve(contract.document, contract.input)
    field = as_dict(as_dict(schema.get("properties")).get(name))
    # A reference would point into the other model's document.
    return field if field and "$ref" not in json.dumps(field) else None


def retire(listed_ids: Collection[str]) -> None:
    """Mark the account's workflows that are no longer in its list."""
    now = timezone.now()
    missing = AccountWorkflow.objects.available().filter(is_own=True)
    missing = missing.exclude(endpoint__endpoint_id__in=listed_ids)
    keys = list(missing.values_list("pk", flat=True))
    with transaction.atomic():
        AccountWorkflow.objects.filter(pk__in=keys).update(gone_at=now)
        own = Endpoint.objects.filter(pk__in=keys, entry_digest=Endpoint.OF_ACCOUNT)
        own.update(gone_at=now)


def note_reading(error: str) -> None:
    """Record the outcome of a sync of the account."""
    now = timezone.now()
    values = {"tried_at": now, "error": db_safe_text(error)[:500], "wanted_at": None}
    if not error:
        values["read_at"] = now
    AccountListing.objects.update_or_create(pk=AccountListing.ONLY, defaults=values)
