"""What upstream says, written down: only what differs, in short transactions.

A `Ledger` knows every endpoint by heart for the time of one sync, so that what is
unchanged costs no query at all. Everything here is synchronous and talks to the database.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from copy import copy
from decimal import Decimal
from typing import Any

from django.utils import timezone

import fal
from catalog import changes, endpoint_rows
from catalog.models import Change, Endpoint, Schema, SyncReport

_LISTED = [  # what a listing writes
    "display_name",
    "owner",
    "category",
    "description",
    "status",
    "tags",
    "license_type",
    "kind",
    "group_key",
    "group_label",
    "thumbnail_url",
    "thumbnail_animated_url",
    "model_url",
    "github_url",
    "stream_url",
    "training_endpoint_ids",
    "inference_endpoint_ids",
    "duration_estimate_min",
    "published_at",
    "updated_at",
    "upstream_updated",
    "gone_at",
]
_SCHEMA = ["schema", "schema_updated", "schema_error"]
_READ_OUT = ["facts", "field_words"]  # long, and none of a sync's business
_PRICE = ["unit_price_usd", "price_unit", "currency"]
_LONGEST = {
    field.name: field.max_length
    for field in Endpoint._meta.concrete_fields
    if field.max_length is not None
}
_LEAST_PRICE, _MOST_PRICE = Decimal("1e-8"), Decimal(1_000_000)  # what the column holds
_BACK = {"gone_at": None}
NO_SCHEMA = "Upstream has no schema for it."


class Ledger:
    """Every endpoint known here, and a sync's report on what becomes of them."""

    def __init__(self, report: SyncReport) -> None:
        self.report = report
        self._rows = {row.endpoint_id: row for row in Endpoint.objects.defer(*_READ_OUT)}
        self._digests = set(Schema.objects.values_list("digest", flat=True))
        self._seen: dict[str, int] = {}  # endpoint id → place in upstream's order
        self._is_first = _is_first()

    def take_page(self, page: fal.Page) -> None:
        """Take over a page of the list; what was on an earlier page already is passed over (C7)."""
        for entry in page.malformed:
            self.fail(entry.endpoint_id or "?", entry.reason)
        fresh = []
        for item in page.models:
            if item.endpoint_id not in self._seen:
                self._seen[item.endpoint_id] = len(self._seen)
                fresh.append(item)
        self._take(fresh)
        self.report.listed = len(self._seen)

    def unseen(self) -> list[str]:
        """The endpoints that no page named, although upstream once listed them."""
        known = self._rows.items()
        return [i for i, row in known if i not in self._seen and row.gone_at is None]

    def confirm(self, asked: list[str], found: fal.Found) -> None:
        """Mark as gone what upstream does not find either; an item without metadata is not found.

        (fal-protocol.md, 3.2: an unknown id may come back as 404, not at all, or bare.)
        """
        there = [item for item in found.items if item.metadata is not None]
        unreadable = {entry.endpoint_id for entry in found.malformed}
        gone = set(asked) - {item.endpoint_id for item in there} - unreadable
        self._take(there)
        rows = [self._rows[endpoint_id] for endpoint_id in asked if endpoint_id in gone]
        for row in rows:
            row.gone_at = timezone.now()
        endpoint_rows.update(rows, ["gone_at"], [changes.gone(row) for row in rows])
        self.report.gone += [row.endpoint_id for row in rows]

    def forget_schemas(self) -> None:
        """Make every schema due again: this sync, or the one after it when this one is stopped."""
        rows = [row for row in self._rows.values() if row.schema_updated]
        for row in rows:
            row.schema_updated = ""
        endpoint_rows.update(rows, ["schema_updated"])

    def due(self) -> list[str]:
        """The endpoints whose schema is missing or older than the endpoint, in upstream's order."""
        rows = [row for row in self._rows.values() if row.gone_at is None and _is_due(row)]
        return [row.endpoint_id for row in sorted(rows, key=lambda row: row.position)]

    def keep_schemas(self, answers: Sequence[tuple[list[str], fal.Found]]) -> None:
        """Keep each document once, of a few answers together; an error leaves the schema that is there (C4)."""
        documents: dict[str, str] = {}
        told: list[Change] = []
        rows: list[Endpoint] = []
        for _, found in answers:
            for entry in found.malformed:
                self.fail(entry.endpoint_id or "?", entry.reason)
            for endpoint_id in found.missing:
                why = "Upstream listed it, but did not give it when asked for its schema."
                self.fail(endpoint_id, why)
            read = (self._read_schema(item, documents, told) for item in found.items)
            rows += [row for row in read if row is not None]
        new = [(d, t) for d, t in documents.items() if d not in self._digests]
        with endpoint_rows.brief():
            endpoint_rows.add_schemas(new)
            endpoint_rows.update(rows, _SCHEMA, told)
        self._digests |= documents.keys()
        self.report.schemas_done += sum(len(asked) for asked, _ in answers)

    def keep_prices(self, prices: Iterable[fal.Price]) -> None:
        """Note the prices that differ."""
        rows, told = [], []
        for price in prices:
            row = self._rows.get(price.endpoint_id)
            if row is None or not 0 <= price.unit_price < _MOST_PRICE:
                continue
            amount = price.unit_price.quantize(_LEAST_PRICE)
            if price.unit_price:  # what costs less than can be written down is not free
                amount = max(amount, _LEAST_PRICE)
            values = [amount, price.unit, price.currency]
            if was := _assign(row, _fitting(dict(zip(_PRICE, values, strict=True)))):
                rows.append(row)
                told += changes.priced(row, was)
        endpoint_rows.update(rows, _PRICE, told)

    def listed(self) -> list[str]:
        """The endpoints that upstream lists."""
        return [i for i, row in self._rows.items() if row.gone_at is None]

    def fail(self, what: str, why: str) -> None:
        """Note what could not be read, and why."""
        self.report.failed.append([what[:255], why[:500]])

    def _take(self, items: list[fal.CatalogueItem]) -> None:
        """Write the items that are new or differ, and where the order alone changed, that alone."""
        new, changed, moved = [], [], []
        told: list[Change] = []
        blank = Endpoint(
            first_seen_at=timezone.now()
        )  # to copy: making one costs five times as much
        for item in items:
            if len(item.endpoint_id) > _LONGEST["endpoint_id"]:
                self.fail(item.endpoint_id, "Its id is too long.")
                continue
            row = self._rows.get(item.endpoint_id)
            position = self._seen.get(item.endpoint_id, row.position if row else 0)
            if row is None:
                row = copy(blank)
                row.endpoint_id = item.endpoint_id
                vars(row).update(_fitting(_values(item)))  # every one of them a plain column
                self._rows[item.endpoint_id] = row
                new.append(row)
            elif was := _assign(row, _fitting(_values(item)) if item.metadata else _BACK):
                changed.append(row)
                told += changes.listing(row, was)
            elif row.position != position:
                moved.append(row)
            row.position = position
        self.report.new += [row.endpoint_id for row in new]
        self.report.changed += [row.endpoint_id for row in changed]
        endpoint_rows.insert(new, [] if self._is_first else [changes.new(row) for row in new])
        endpoint_rows.update(changed, [*_LISTED, "position"], told)
        endpoint_rows.update(moved, ["position"])

    def _read_schema(
        self, item: fal.CatalogueItem, documents: dict[str, str], told: list[Change]
    ) -> Endpoint | None:
        """The endpoint with its new schema, or None when nothing about it is to be written."""
        row = self._rows.get(item.endpoint_id)
        if row is None:
            return None
        version = _version(item) or row.upstream_updated
        if item.openapi is not None:
            digest = hashlib.sha256(item.openapi.encode()).hexdigest()
            documents[digest] = item.openapi
            values = {
                "schema_id": digest,
                "schema_updated": version or "unknown",
                "schema_error": "",
            }
        elif item.openapi_error is not None:
            error = item.openapi_error
            why = f"{error.code}: {error.message}" if error.message else error.code
            self.fail(item.endpoint_id, why)
            values = {"schema_error": why}  # asked for again by the next sync
        else:
            values = {"schema_error": NO_SCHEMA, "schema_updated": version or "unknown"}
        was = _assign(row, values)
        told += changes.reshaped(row, was)
        return row if was else None


def _is_first() -> bool:
    """Whether the catalogue was never read to its end: what it holds then is no news."""
    is_done = SyncReport.objects.filter(state=SyncReport.State.DONE).exists()
    return not is_done and not Change.objects.exists()


def _is_due(row: Endpoint) -> bool:
    return row.schema_updated != (row.upstream_updated or "unknown")


def _version(item: fal.CatalogueItem) -> str:
    """`updated_at` as it stands on the wire: what tells one version from the next."""
    metadata = item.raw.get("metadata")
    found = metadata.get("updated_at") if isinstance(metadata, dict) else None
    return found.replace("\x00", "")[:64] if isinstance(found, str) else ""


def _values(item: fal.CatalogueItem) -> dict[str, Any]:
    """An endpoint's fields as upstream says; without metadata the id is all there is to say (C3)."""
    owner = _owner(item.endpoint_id)
    data = item.metadata
    if data is None:
        return {"display_name": item.endpoint_id, "owner": owner, "gone_at": None}
    return {
        "display_name": data.display_name or item.endpoint_id,
        "owner": owner,
        "category": data.category,
        "description": data.description,
        "status": data.status or "active",
        "tags": [tag.replace("\x00", "") for tag in data.tags],
        "license_type": data.license_type or "",
        "kind": data.kind or "",
        "group_key": data.group.key if data.group else "",
        "group_label": data.group.label if data.group else "",
        "thumbnail_url": _link(data.thumbnail_url),
        "thumbnail_animated_url": _link(data.thumbnail_animated_url),
        "model_url": _link(data.model_url),
        "github_url": _link(data.github_url),
        "stream_url": _link(data.stream_url),
        "training_endpoint_ids": [*data.training_endpoint_ids],
        "inference_endpoint_ids": [*data.inference_endpoint_ids],
        "duration_estimate_min": data.duration_estimate,
        "published_at": data.date,
        "updated_at": data.updated_at,
        "upstream_updated": _version(item),
        "gone_at": None,
    }


def _owner(endpoint_id: str) -> str:
    try:
        return fal.EndpointId.parse(endpoint_id).owner
    except fal.InvalidEndpointId:
        return endpoint_id.partition("/")[0]


def _link(url: str | None) -> str:
    """An address that a page may link to, or nothing: never `javascript:` and its like."""
    return url if url and url.startswith(("https://", "http://")) else ""


def _fitting(values: dict[str, Any]) -> dict[str, Any]:
    """Texts cut to what their column holds."""
    return {
        name: value[: _LONGEST.get(name)] if isinstance(value, str) else value
        for name, value in values.items()
    }


def _assign(row: Endpoint, values: dict[str, Any]) -> dict[str, Any]:
    """Set what differs; the former values of that."""
    now = [(name, getattr(row, name)) for name in values]
    was = {name: value for name, value in now if value != values[name]}
    for name in was:
        setattr(row, name, values[name])
    return was
