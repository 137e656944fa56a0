"""The measured prices for the API."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Abs

from catalog.models import Endpoint
from core.formatting import unit
from features.spending.models import MeasuredPrice
from features.spending.prices.measuring import FEWEST_RUNS

MOST_WORDS = 8  # of a search
SORTS = {
    "": (F("size").desc(nulls_last=True), "-count", "endpoint__endpoint_id"),
    "runs": ("-count", "endpoint__endpoint_id"),
    "name": ("endpoint__full_name", "endpoint__endpoint_id"),
    "price": ("median", "endpoint__endpoint_id"),
}
_SHOWN = (
    *Endpoint.NAMED_BY,
    "category",
    "unit_price_usd",
    "price_unit",
    "currency",
)
_SUMS = ("median", "low", "high", "said")


def find_prices(
    words: str = "", *, is_used: bool = False, sort: str = ""
) -> QuerySet[MeasuredPrice]:
    """Return the measured prices of models whose names have all these words, in order.

    `sort` is one of `SORTS`. With `is_used`, only prices in use instead of the list price. Models
    with too few runs for a price are left out: a single person's run is not everybody's business.
    """
    # Workflows of the account are not models of the catalogue.
    rows = MeasuredPrice.objects.filter(count__gte=FEWEST_RUNS).exclude(
        endpoint__entry_digest=Endpoint.OF_ACCOUNT
    )
    for word in words.split()[:MOST_WORDS]:
        has = Q()
        for name in Endpoint.NAMED_BY:
            has |= Q(**{f"endpoint__{name}__icontains": word})
        rows = rows.filter(has)
    if is_used:
        rows = rows.filter(is_used=True)
    rows = rows.annotate(size=Abs("difference")).order_by(*SORTS[sort])
    own = [field.name for field in MeasuredPrice._meta.concrete_fields]
    return rows.select_related("endpoint").only(*own, *(f"endpoint__{name}" for name in _SHOWN))


def as_json(row: MeasuredPrice) -> dict[str, Any]:
    """Return a `MeasuredPrice` of the API; sums are texts, in dollars per `unit`."""
    return {
        "endpoint_id": row.endpoint.endpoint_id,
        "name": row.endpoint.name,
        "category": row.endpoint.category,
        "unit": unit(row.unit),
        "runs": row.count,
        **{name: _plain(getattr(row, name)) for name in _SUMS},
        "spread": _plain(row.spread),
        "difference": _plain(row.difference),
        "is_used": row.is_used,
        "groups": [_group(group) for group in row.groups],
        "list_price": {
            "amount": _plain(row.endpoint.unit_price_usd),
            "unit": row.endpoint.price_unit,
            "currency": row.endpoint.currency,
        },
        "measured_at": row.updated_at.isoformat(timespec="seconds"),
    }


def _group(group: Mapping[str, Any]) -> dict[str, Any]:
    sums = {name: group[name] and _plain(Decimal(group[name])) for name in _SUMS}
    return {"arguments": group["arguments"], "runs": group["count"], **sums}


def _plain(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount.normalize():f}"
