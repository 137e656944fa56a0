"""Creates the rows of the change log and describes each change in words.

A sync inserts them in the transaction of the change itself. The fields of a changed schema are
compared afterwards (`compare_pending`), so that no sync waits for it.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import ManyToOneRel
from django.utils import timezone

from catalog.models import Change, Endpoint, Schema
from catalog.pricing import listed_price
from core.formatting import category_name
from schemas.changes import diff_lines
from schemas.changes.diff import diff_contracts as compare_contracts
from schemas.changes.diff_lines import Line
from schemas.document.openapi import Contract, contract, read_document

AT_ONCE = 20  # changes compared and written together
KEPT = 20_000  # changes, the newest: years of a catalogue that changes daily
PRUNED_AT_ONCE = 200  # keeps the write lock well below 50 ms

Was = dict[str, Any]  # the former values of the columns that changed
_REPORTED = {  # columns of a listing whose changes are reported → their labels
    "display_name": "Name",
    "category": "Category",
    "status": "Status",
    "license_type": "Licence",
    "kind": "Kind",
    "group_label": "Family",
    "tags": "Tags",
    "training_endpoint_ids": "Trained by",
    "inference_endpoint_ids": "Trains for",
}


def new(row: Endpoint) -> Change:
    """The change of an endpoint listed for the first time."""
    return _change(row, Change.Kind.NEW, [])


def gone(row: Endpoint) -> Change:
    """The change of an endpoint that upstream no longer lists."""
    return _change(row, Change.Kind.GONE, [])


def listing(row: Endpoint, was: Was) -> list[Change]:
    """The change of a listing; empty if no reported column differs, as for a new thumbnail."""
    lines = [
        line
        for name in _REPORTED
        if name in was and (line := _listing_change(row, name, was[name]))
    ]
    if was.get("gone_at"):
        return [_change(row, Change.Kind.BACK, lines)]
    if not lines and "description" in was:
        lines = [Line("wording", ("Description",), "reads differently now", "listing")]
    return [_change(row, Change.Kind.LISTING, lines)] if lines else []


def priced(row: Endpoint, was: Was) -> list[Change]:
    """The change of a price; empty if there was no price before."""
    if was.get("unit_price_usd", row.unit_price_usd) is None:
        return []
    former = Endpoint(
        unit_price_usd=was.get("unit_price_usd", row.unit_price_usd),
        price_unit=was.get("price_unit", row.price_unit),
        currency=was.get("currency", row.currency),
    )
    old, now = listed_price(former), listed_price(row)
    if not old or old == now:
        return []
    text = f"is {now} now; it was {old}"
    return [_change(row, Change.Kind.PRICE, [Line("price", ("Price",), text, "listing")])]


def reshaped(row: Endpoint, was: Was) -> list[Change]:
    """The change of a schema, compared later; empty for an endpoint's first schema."""
    if not was.get("schema_id"):
        return []
    at = timezone.now()
    kind = Change.Kind.SCHEMA
    return [Change(endpoint=row, kind=kind, at=at, was_id=was["schema_id"], now_id=row.schema_id)]


def compare_pending() -> int:
    """Compare one batch of pending schema changes; returns its size.

    Several processes may do this at once: the same two schemas always give the same lines.
    """
    uncompared = list(
        Change.objects.uncompared()
        .select_related("endpoint", "was", "now")
        .only("endpoint__endpoint_id", "was", "now", "kind")
        .order_by("pk")[:AT_ONCE]
    )
    for change in uncompared:
        _finish(change, _diff_lines(change))
    if uncompared:
        Change.objects.bulk_update(uncompared, ["lines", "weight"])
    return len(uncompared)


def prune(kept: int = KEPT, at_once: int = PRUNED_AT_ONCE) -> int:
    """Delete one batch of changes beyond `kept`, and schemas no row refers to; returns its size."""
    newest = Change.objects.order_by("-pk").values_list("pk", flat=True)
    last = newest[kept : kept + 1].first()
    if last is None:
        return 0
    old_changes = Change.objects.filter(pk__lte=last).order_by("pk")
    rows = list(old_changes.values_list("pk", "was_id", "now_id")[:at_once])
    versions = {digest for _, *both in rows for digest in both if digest}
    with transaction.atomic():
        Change.objects.filter(pk__in=[pk for pk, *_ in rows]).delete()
        for digest in sorted(versions - _referenced(versions)):
            Schema.objects.filter(digest=digest).delete()
    return len(rows)


def _referenced(versions: set[str]) -> set[str]:
    """The digests that an endpoint, a run or another change still refers to."""
    digests: set[str] = set()
    for relation in Schema._meta.get_fields(include_hidden=True):
        if isinstance(relation, ManyToOneRel):
            name, rows = relation.field.attname, relation.related_model._base_manager
            digests.update(rows.filter(**{f"{name}__in": versions}).values_list(name, flat=True))
    return digests


def _diff_lines(change: Change) -> list[Line]:
    endpoint_id = change.endpoint.endpoint_id
    before, after = (_contract(version, endpoint_id) for version in (change.was, change.now))
    return compare_contracts(before, after) or [diff_lines.wording()]


def _contract(schema: Schema | None, endpoint_id: str) -> Contract:
    return contract(read_document(schema.document) if schema else None, endpoint_id)


def _change(row: Endpoint, kind: Change.Kind, lines: list[Line]) -> Change:
    change = Change(endpoint=row, kind=kind, at=timezone.now())
    _finish(change, lines)
    return change


def _finish(change: Change, lines: list[Line]) -> None:
    """Set a change's lines, and its weight from the most severe line."""
    change.lines = diff_lines.sentence(lines)
    kinds = {line.kind for line in lines}
    if any(line.breaks for line in lines):
        change.weight = Change.Weight.BREAKING
    elif kinds == {"wording"}:
        change.weight = Change.Weight.WORDING
    else:
        change.weight = Change.Weight.PLAIN


def _listing_change(row: Endpoint, name: str, was: Any) -> Line | None:
    now = getattr(row, name)
    if isinstance(now, list):
        return _members(_REPORTED[name], was, now)
    if name == "category":
        was, now = category_name(was), category_name(now)
    kind = "deprecated" if name == "status" and now == "deprecated" else "listing"
    return diff_lines.replaced(kind, _REPORTED[name], was, now)


def _members(title: str, was: list[str], now: list[str]) -> Line | None:
    added = [member for member in now if member not in was]
    removed = [member for member in was if member not in now]
    return diff_lines.members(title, added, removed) if added or removed else None
