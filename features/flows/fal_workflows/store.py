"""Stores a workflow of the account: its row, and the endpoint that runs it like any model.

A workflow that the catalogue does not list gets an endpoint of its own, with an OpenAPI document
generated from its definition (protocol, 15.9), so that form, checks, runs, history and search work
as for other models. A listed workflow keeps the catalogue's data.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Collection
from contextlib import suppress
from typing import Any

from django.db import transaction
from django.utils import timezone

import fal
from catalog.models import Endpoint, Schema
from catalog.schema_versions import version_of
from core.byte_cache import byte_cached
from fal.db_safe import db_safe_text
from features.flows.fal_workflows import openapi, reading
from features.flows.models import AccountWorkflow
from schemas.document.openapi import as_dict, resolve

CATEGORY = "workflow"
UNKNOWN = "unknown"  # upstream gives it no version
LONGEST_PART = 128  # of an owner or a name
log = logging.getLogger(__name__)


def keep(item: fal.WorkflowItem, detail: fal.WorkflowDetail | None) -> Endpoint | None:
    """Store upstream's data of a workflow; return None if its id is invalid.

    Without `detail`, the known definition is kept.
    """
    endpoint_id = item.endpoint_id
    try:
        fal.EndpointId.parse(endpoint_id)
    except fal.InvalidEndpointId:
        return None
    if len(item.name) > LONGEST_PART or len(item.owner) > LONGEST_PART:
        return None
    with transaction.atomic():
        # Another worker may be reading the account, too, or was killed while doing so.
        Endpoint.objects.get_or_create(
            endpoint_id=endpoint_id, defaults={"entry_digest": Endpoint.OF_ACCOUNT}
        )
        endpoint = Endpoint.objects.select_for_update().get(endpoint_id=endpoint_id)
        if endpoint.entry_digest == Endpoint.OF_ACCOUNT:
            _fill(endpoint, item)
            endpoint.save()
        if detail is not None:
            definition = json.dumps(detail.contents)
            AccountWorkflow.objects.update_or_create(
                pk=endpoint.pk, defaults={"definition": definition}
            )
            _keep_schema(endpoint, definition)
    return endpoint


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


def _keep_schema(endpoint: Endpoint, definition: str) -> None:
    """Give an endpoint without upstream's schema the one generated from its definition."""
    if endpoint.entry_digest != Endpoint.OF_ACCOUNT and endpoint.schema_id:
        return
    try:
        workflow = reading.load(definition)
    except reading.Unreadable as error:
        log.warning("the input of %s is not known: %s", endpoint.endpoint_id, error)
        return
    text = json.dumps(openapi.document(workflow, endpoint.endpoint_id, borrow))
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
    own = Endpoint.objects.filter(entry_digest=Endpoint.OF_ACCOUNT, gone_at=None)
    own.exclude(endpoint_id__in=listed_ids).update(gone_at=timezone.now())


def models_within(keys: Collection[int]) -> dict[int, list[str]]:
    """Return the ids of the models that workflows call, by the workflows' keys; one query.

    A workflow whose definition cannot be read is left out.
    """
    rows = AccountWorkflow.objects.filter(pk__in=keys)
    models_by_key = {}
    for key, definition in rows.values_list("pk", "definition"):
        with suppress(reading.Unreadable):
            models_by_key[key] = _models_of(definition)
    return models_by_key


@byte_cached(1 << 20)
def _models_of(definition: str) -> list[str]:
    return reading.load(definition).endpoint_ids
