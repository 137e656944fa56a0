"""Models as JSON: the card in a list, and all data of one."""

from __future__ import annotations

import json
from typing import Any

from api.contract.operation import Call
from api.representation import moments
from api.spending import plain
from catalog import pricing
from catalog.models import Change, Endpoint, ListingEntry
from playground.form import form_state
from runs.start import transport_choices
from schemas.document.openapi import as_list
from schemas.fields.examples import example
from schemas.reference.tables import Row, input_rows


def card(endpoint: Endpoint, call: Call, *, is_locked: bool = False) -> dict[str, Any]:
    """Return a `ModelCard`; needs only the columns that a card shows.

    `is_locked`: a rule of the call's target project locks it.
    """
    return {
        "endpoint_id": endpoint.endpoint_id,
        "name": endpoint.name,
        "owner": endpoint.owner,
        "category": endpoint.category,
        "description": endpoint.description,
        "status": endpoint.status,
        "is_runnable": endpoint.is_runnable and not is_locked,
        "standing": endpoint.mark,
        "price": price(endpoint),
        "url": call.absolute(endpoint.get_absolute_url()),
    }


def price(endpoint: Endpoint) -> dict[str, Any]:
    """Return a `Price`."""
    amount = endpoint.unit_price_usd
    return {
        "amount": None if amount is None else plain(amount),
        "currency": endpoint.currency,
        "unit": endpoint.price_unit,
        "text": pricing.listed_price(endpoint),
    }


def whole(endpoint: Endpoint, call: Call) -> dict[str, Any]:
    """Return a `Model`; needs the annotation `is_favourite`."""
    root = form_state.version_of(endpoint).root
    facts = [str(fact) for fact in as_list(endpoint.facts)]
    return card(endpoint, call) | {
        "refusal": endpoint.refusal,
        "deputy": endpoint.deputy.endpoint_id if endpoint.deputy else None,
        "tags": as_list(endpoint.tags),
        "license": endpoint.license_type,
        "group": endpoint.group_label,
        "capabilities": facts,
        "price_in_words": pricing.in_words(endpoint, facts),
        "typical_duration_s": endpoint.median_s,
        "published_at": moments.as_text(endpoint.published_at),
        "is_favourite": endpoint.is_favourite,  # type: ignore[attr-defined]
        "transports": [choice.value.value for choice in transport_choices.offered(endpoint)],
        "inputs": inputs(input_rows(root)),
        "example": example(root),
        "schema_digest": endpoint.schema_id or "",
        "pinned": endpoint.pinned,
        "highlighted": endpoint.highlighted,
        "entry": _entry(endpoint),
    }


def _entry(endpoint: Endpoint) -> dict[str, Any] | None:
    """Return upstream's catalogue entry, unchanged; None for a model that no sync has listed."""
    row = ListingEntry.objects.filter(endpoint=endpoint).first()
    entry = json.loads(row.text) if row else None
    return entry if isinstance(entry, dict) else None


def inputs(rows: list[Row]) -> list[dict[str, Any]]:
    """Return the `Input`s of a model; nested ones are named by their path."""
    described_inputs, parents = [], list[str]()
    for row in rows:
        parents = [*parents[: row.depth], row.name]
        described_inputs.append(
            {
                "name": ".".join(parents),
                "type": row.type,
                "is_required": row.is_required,
                "default": row.default,
                "limits": row.limits,
                "choices": list(row.choices),
                "description": row.description,
            }
        )
    return described_inputs


def change(change: Change) -> dict[str, Any]:
    """Return a `Change`; its endpoint should be loaded."""
    return {
        "id": change.pk,
        "endpoint_id": change.endpoint.endpoint_id,
        "kind": change.kind,
        "headline": change.headline,
        "is_breaking": change.is_breaking,
        "at": moments.as_text(change.at),
        "lines": change.lines or [],
    }
