"""Writes upstream's listing, schemas and prices to the database, in short transactions.

`CatalogUpserter` holds every endpoint in memory for one sync and writes only what differs, so that
an unchanged endpoint costs no query. Everything here is synchronous.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

import fal
from catalog import listed_columns
from catalog.changelog import recorder
from catalog.listed_columns import COLUMNS
from catalog.models import Change, Endpoint, Schema, SyncReport
from catalog.sync import bulk_write

_SCHEMA = ["schema", "schema_updated", "schema_error"]
_PRICE = ["unit_price_usd", "price_unit", "currency"]
_LONGEST = {
    field.name: field.max_length
    for field in Endpoint._meta.concrete_fields
    if field.max_length is not None
}
_LEAST_PRICE, _MOST_PRICE = Decimal("1e-8"), Decimal(1_000_000)  # the limits of the column
_BACK = {"gone_at": None}
_ENTRY_VERSION = 1  # increment when `_values` parses an entry differently: re-reads all entries
NO_SCHEMA = "Upstream has no schema for it."


def entry_rules(columns: Iterable[str]) -> str:
    """Return what identifies the way an entry is read: another column re-reads all entries."""
    names = hashlib.sha256(" ".join(sorted(columns)).encode()).hexdigest()[:8]
    return f"{_ENTRY_VERSION}-{names}"


_ENTRY_RULES = entry_rules(COLUMNS)


class CatalogUpserter:
    """Applies upstream's responses to the stored endpoints; counts the results in `report`."""

    def __init__(self, report: SyncReport) -> None:
        self.report = report
        self._rows = {row.endpoint_id: row for row in Endpoint.objects.all()}
        self._digests = set(Schema.objects.values_list("digest", flat=True))
        self._seen: dict[str, int] = {}  # endpoint id → place in upstream's order
        self._is_first = _is_first()

    def take_page(self, page: fal.Page) -> None:
        """Upsert one page of the listing; skips endpoints that an earlier page had (C7)."""
        for entry in page.malformed:
            self.fail(entry.endpoint_id or "?", entry.reason)
        fresh = []
        for item in page.models:
            if item.endpoint_id not in self._seen:
                self._seen[item.endpoint_id] = len(self._seen)
                fresh.append(item)
        self._upsert(fresh)
        self.report.listed = len(self._seen)

    def unseen(self) -> list[str]:
        """Ids of endpoints that no page of this sync listed and that are not marked as gone."""
        rows = self._rows.items()
        return [i for i, row in rows if i not in self._seen and _is_listed(row)]

    def confirm(self, requested: list[str], answer: fal.LookupResult) -> None:
        """Mark `requested` ids as gone that are missing from `answer` or have no metadata there.

        An unknown id may come back as 404, not at all, or without metadata (protocol, 3.2).
        """
        confirmed = [item for item in answer.items if item.metadata is not None]
        unreadable = {entry.endpoint_id for entry in answer.malformed}
        missing = set(requested) - {item.endpoint_id for item in confirmed} - unreadable
        self._upsert(confirmed)
        rows = [self._rows[endpoint_id] for endpoint_id in requested if endpoint_id in missing]
        for row in rows:
            row.gone_at = timezone.now()
        bulk_write.update(rows, ["gone_at"], [recorder.gone(row) for row in rows])
        self.report.gone += [row.endpoint_id for row in rows]

    def forget_schemas(self) -> None:
        """Mark every schema as due, for this sync or, if it is stopped, for the next one."""
        rows = [row for row in self._rows.values() if row.schema_updated]
        for row in rows:
            row.schema_updated = ""
        bulk_write.update(rows, ["schema_updated"])

    def due(self) -> list[str]:
        """Ids of endpoints whose schema is missing or outdated, in upstream's order."""
        rows = [row for row in self._rows.values() if _is_listed(row) and _is_due(row)]
        return [row.endpoint_id for row in sorted(rows, key=lambda row: row.position)]

    def keep_schemas(self, answers: Sequence[tuple[list[str], fal.LookupResult]]) -> None:
        """Store the documents of several answers; an error leaves the present schema (C4)."""
        documents: dict[str, str] = {}
        changes: list[Change] = []
        rows: list[Endpoint] = []
        for _, answer in answers:
            for entry in answer.malformed:
                self.fail(entry.endpoint_id or "?", entry.reason)
            for endpoint_id in answer.missing:
                why = "Upstream lists it, but returned nothing when its schema was requested."
                self.fail(endpoint_id, why)
            updated = (self._schema_update(item, documents, changes) for item in answer.items)
            rows += [row for row in updated if row is not None]
        new = [
            Schema(digest=digest, document=document)
            for digest, document in documents.items()
            if digest not in self._digests
        ]
        with transaction.atomic():
            Schema.objects.bulk_create(new, ignore_conflicts=True)
            bulk_write.update(rows, _SCHEMA, changes)
        self._digests |= documents.keys()
        self.report.schemas_done += sum(len(requested) for requested, _ in answers)

    def keep_prices(self, prices: Iterable[fal.Price]) -> None:
        """Store the prices that differ."""
        rows, changes = [], []
        for price in prices:
            row = self._rows.get(price.endpoint_id)
            if row is None or not 0 <= price.unit_price < _MOST_PRICE:
                continue
            amount = price.unit_price.quantize(_LEAST_PRICE)
            if price.unit_price:  # a price below the column's precision must not become free
                amount = max(amount, _LEAST_PRICE)
            values = [amount, price.unit, price.currency]
            if former_values := _assign(row, _truncate(dict(zip(_PRICE, values, strict=True)))):
                _assign(row, dict(Endpoint.NOT_MEASURED))  # measured at the old price
                rows.append(row)
                changes += recorder.priced(row, former_values)
        bulk_write.update(rows, [*_PRICE, *Endpoint.NOT_MEASURED], changes)

    def listed_ids(self) -> list[str]:
        """Ids of the endpoints that are not marked as gone."""
        return [i for i, row in self._rows.items() if _is_listed(row)]

    def fail(self, subject: str, why: str) -> None:
        """Add an endpoint or a step that failed, with the reason, to the report."""
        self.report.failed.append([subject[:255], why[:500]])

    def _upsert(self, items: list[fal.CatalogueItem]) -> None:
        """Insert new endpoints and update changed ones, or only their position if that moved."""
        new, changed_rows, moved, returned = [], [], [], []
        changes: list[Change] = []
        entries: dict[str, str] = {}  # those that are new or differ
        for item in items:
            if len(item.endpoint_id) > _LONGEST["endpoint_id"]:
                self.fail(item.endpoint_id, "Its id is too long.")
                continue
            row = self._rows.get(item.endpoint_id)
            position = self._seen.get(item.endpoint_id, row.position if row else 0)
            content = hashlib.sha256(item.text.encode()).hexdigest()
            digest = f"{_ENTRY_RULES}.{content}"
            if row is None or row.entry_digest != digest:
                entries[item.endpoint_id] = item.text
            if row is None:
                values = _truncate(_values(item))
                row = Endpoint(endpoint_id=item.endpoint_id, entry_digest=digest, **values)
                self._rows[item.endpoint_id] = row
                new.append(row)
            elif row.entry_digest != digest:
                is_known = bool(row.entry_digest)  # False for a row older than this column
                is_reread = row.entry_digest.endswith(f".{content}")
                row.entry_digest = digest
                former_values = _assign(row, _truncate(_values(item)) if item.metadata else _BACK)
                changed_rows.append(row)
                if is_reread:  # upstream has changed nothing, but it may list it again
                    former_values = {
                        name: former_values[name] for name in _BACK if name in former_values
                    }
                changes += recorder.listing(row, former_values)
                if former_values or (is_known and not is_reread):
                    self.report.changed.append(row.endpoint_id)
            elif former_values := _assign(row, _BACK):
                returned.append(row)
                changes += recorder.listing(row, former_values)
            elif row.position != position:
                moved.append(row)
            row.position = position
        self.report.new += [row.endpoint_id for row in new]
        self.report.changed += [row.endpoint_id for row in returned]
        arrivals = [] if self._is_first else [recorder.new(row) for row in new]
        bulk_write.insert(new, arrivals, entries)
        bulk_write.update(
            changed_rows,
            [*COLUMNS, "entry_digest", "gone_at", "position"],
            changes,
            entries=entries,
        )
        bulk_write.update(returned, ["gone_at", "position"], changes)
        bulk_write.update(moved, ["position"])

    def _schema_update(
        self, item: fal.CatalogueItem, documents: dict[str, str], changes: list[Change]
    ) -> Endpoint | None:
        """The endpoint with its new schema set, or None if no column differs."""
        row = self._rows.get(item.endpoint_id)
        if row is None:
            return None
        version = listed_columns.version_of(item) or row.upstream_updated
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
            values = {"schema_error": why}  # requested again by the next sync
        else:
            values = {"schema_error": NO_SCHEMA, "schema_updated": version or "unknown"}
        former_values = _assign(row, values)
        changes += recorder.reshaped(row, former_values)
        return row if former_values else None


def _is_first() -> bool:
    """Whether no sync has completed yet; a first sync records no endpoint as new."""
    is_done = SyncReport.objects.filter(state=SyncReport.State.DONE).exists()
    return not is_done and not Change.objects.exists()


def _is_listed(row: Endpoint) -> bool:
    """Whether upstream's listing has it, as far as known; never the account's own workflows."""
    return row.gone_at is None and row.entry_digest != Endpoint.OF_ACCOUNT


def _is_due(row: Endpoint) -> bool:
    return row.schema_updated != (row.upstream_updated or "unknown")


def _values(item: fal.CatalogueItem) -> dict[str, Any]:
    """The columns of an endpoint from a listing; without metadata only its id is known (C3)."""
    data = item.metadata
    if data is None:
        known_values = {"display_name": item.endpoint_id, "owner": listed_columns.owner_of(item)}
        return {**known_values, **_BACK}
    values = {name: column.read(item, data) for name, column in COLUMNS.items()} | _BACK
    if item.enterprise_status is None:  # not expanded, or its expansion failed: the known one stays
        del values["enterprise_status"]
    return values


def _truncate(values: dict[str, Any]) -> dict[str, Any]:
    """Cut texts to the length of their column."""
    return {
        name: value[: _LONGEST.get(name)] if isinstance(value, str) else value
        for name, value in values.items()
    }


def _assign(row: Endpoint, values: dict[str, Any]) -> dict[str, Any]:
    """Set the attributes that differ; returns their former values."""
    now = [(name, getattr(row, name)) for name in values]
    former_values = {name: value for name, value in now if value != values[name]}
    for name in former_values:
        setattr(row, name, values[name])
    return former_values
