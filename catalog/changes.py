"""What became of an endpoint, in words: the rows of the change log, and what a new schema means.

A sync writes the rows in the transaction of what it changes; which fields of a schema changed is
found out afterwards (`compare`), so that no sync waits for it.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import ManyToOneRel
from django.utils import timezone

from catalog.models import Change, Endpoint, Schema
from catalog.templatetags.vitrine import category_name, price
from schemas import lines
from schemas.comparing import compare as compare_contracts
from schemas.lines import Line
from schemas.openapi import Contract, contract, read_document

AT_ONCE = 20  # changes compared and written together
KEPT = 20_000  # changes, the newest: years of a catalogue that changes daily
PRUNED_AT_ONCE = 200  # keeps the write lock well below 50 ms

Was = dict[str, Any]  # the former values of the columns that changed
_TOLD = {  # the columns of a listing that people care for → what they are called
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
    """Upstream lists an endpoint that nobody knew."""
    return _change(row, Change.Kind.NEW, [])


def gone(row: Endpoint) -> Change:
    """Upstream lists it no longer."""
    return _change(row, Change.Kind.GONE, [])


def listing(row: Endpoint, was: Was) -> list[Change]:
    """What its listing says now; nothing where that is a trifle, such as another thumbnail."""
    found = [line for name in _TOLD if name in was and (line := _listed(row, name, was[name]))]
    if was.get("gone_at"):
        return [_change(row, Change.Kind.BACK, found)]
    if not found and "description" in was:
        found = [Line("wording", ("Description",), "reads differently now", "listing")]
    return [_change(row, Change.Kind.LISTING, found)] if found else []


def priced(row: Endpoint, was: Was) -> list[Change]:
    """Another price; nothing where it was not known before."""
    if was.get("unit_price_usd", row.unit_price_usd) is None:
        return []
    former = Endpoint(
        unit_price_usd=was.get("unit_price_usd", row.unit_price_usd),
        price_unit=was.get("price_unit", row.price_unit),
        currency=was.get("currency", row.currency),
    )
    old, now = price(former), price(row)
    if not old or old == now:
        return []
    said = f"is {now} now; it was {old}"
    return [_change(row, Change.Kind.PRICE, [Line("price", ("Price",), said, "listing")])]


def reshaped(row: Endpoint, was: Was) -> list[Change]:
    """Another version of its schema, to be compared later; nothing where it is the first."""
    if not was.get("schema_id"):
        return []
    at = timezone.now()
    kind = Change.Kind.SCHEMA
    return [Change(endpoint=row, kind=kind, at=at, was_id=was["schema_id"], now_id=row.schema_id)]


def compare() -> int:
    """Write the lines of a few new versions that have none yet; how many that were.

    Safe to be done by several at once: a pair of versions always gives the same lines.
    """
    waiting = list(
        Change.objects.uncompared()
        .select_related("endpoint", "was", "now")
        .only("endpoint__endpoint_id", "was", "now", "kind")
        .order_by("pk")[:AT_ONCE]
    )
    for change in waiting:
        _settle(change, _compared(change))
    if waiting:
        Change.objects.bulk_update(waiting, ["lines", "weight"])
    return len(waiting)


def prune() -> int:
    """Forget a few of the oldest changes beyond `KEPT`, and the schemas that nothing else points to; how many."""
    newest = Change.objects.order_by("-pk").values_list("pk", flat=True)
    last = newest[KEPT : KEPT + 1].first()
    if last is None:
        return 0
    gone = Change.objects.filter(pk__lte=last).order_by("pk")
    rows = list(gone.values_list("pk", "was_id", "now_id")[:PRUNED_AT_ONCE])
    versions = {digest for _, *both in rows for digest in both if digest}
    with transaction.atomic():
        Change.objects.filter(pk__in=[pk for pk, *_ in rows]).delete()
        for digest in sorted(versions - _pointed_to(versions)):
            Schema.objects.filter(digest=digest).delete()
    return len(rows)


def _pointed_to(versions: set[str]) -> set[str]:
    """Those that an endpoint, a run or another change still points to."""
    found: set[str] = set()
    for relation in Schema._meta.get_fields(include_hidden=True):
        if isinstance(relation, ManyToOneRel):
            name, rows = relation.field.attname, relation.related_model._base_manager
            found.update(rows.filter(**{f"{name}__in": versions}).values_list(name, flat=True))
    return found


def _compared(change: Change) -> list[Line]:
    endpoint_id = change.endpoint.endpoint_id
    before, after = (_contract(one, endpoint_id) for one in (change.was, change.now))
    return compare_contracts(before, after) or [lines.wording()]


def _contract(schema: Schema | None, endpoint_id: str) -> Contract:
    return contract(read_document(schema.document) if schema else None, endpoint_id)


def _change(row: Endpoint, kind: Change.Kind, found: list[Line]) -> Change:
    change = Change(endpoint=row, kind=kind, at=timezone.now())
    _settle(change, found)
    return change


def _settle(change: Change, found: list[Line]) -> None:
    """Give a change its lines, and the weight of the heaviest."""
    change.lines = lines.told(found)
    kinds = {line.kind for line in found}
    if any(line.breaks for line in found):
        change.weight = Change.Weight.BREAKING
    elif kinds == {"wording"}:
        change.weight = Change.Weight.WORDING
    else:
        change.weight = Change.Weight.PLAIN


def _listed(row: Endpoint, name: str, was: Any) -> Line | None:
    now = getattr(row, name)
    if isinstance(now, list):
        return _members(_TOLD[name], was, now)
    if name == "category":
        was, now = category_name(was), category_name(now)
    kind = "deprecated" if name == "status" and now == "deprecated" else "listing"
    return lines.replaced(kind, _TOLD[name], was, now)


def _members(title: str, was: list[str], now: list[str]) -> Line | None:
    came = [one for one in now if one not in was]
    went = [one for one in was if one not in now]
    return lines.members(title, came, went) if came or went else None
