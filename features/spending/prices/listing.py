"""The measured price list for its page, its files and the API."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Abs

from catalog.models import Endpoint
from core.formatting import money, unit
from features.spending.models import MeasuredPrice
from features.spending.prices.measuring import FEWEST_RUNS
from runs.results import csv_text

MOST_WORDS = 8  # of a search
SORTS = {"": "Largest difference", "runs": "Most runs", "name": "Name", "price": "Lowest price"}
_ORDERS = {
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
_TIMES = Decimal(2)  # from this value on, a difference is worded as a factor
HEADER = (
    "model",
    "name",
    "arguments",
    "unit",
    "runs",
    "measured",
    "low",
    "high",
    "said",
    "used",
    "measured at",
)


@dataclass(frozen=True)
class Line:
    """One figure of a model: of all its runs, or of those with the same `arguments`."""

    arguments: Mapping[str, str]
    count: int
    median: Decimal
    low: Decimal
    high: Decimal
    said: Decimal | None

    @property
    def values(self) -> str:
        """Return the arguments in words: `resolution 4K, quality high`."""
        return ", ".join(f"{name} {value}" for name, value in self.arguments.items())

    @property
    def span(self) -> str:
        """Return the lowest and the highest cost: `$0.04 to $0.16`; empty if they are equal."""
        low, high = money(self.low), money(self.high)
        return "" if low == high else f"{low} to {high}"


@dataclass(frozen=True)
class ListedPrice:
    """A model with its list price and its measured price."""

    row: MeasuredPrice

    @property
    def endpoint(self) -> Endpoint:
        """Return the model."""
        return self.row.endpoint

    @property
    def per(self) -> str:
        """Return the unit as it follows "per": `image`."""
        return unit(self.row.unit)

    @property
    def whole(self) -> Line:
        """Return the figure of all runs."""
        row = self.row
        return Line({}, row.count, row.median, row.low, row.high, row.said)

    @property
    def groups(self) -> list[Line]:
        """Return the figures by arguments, the most used first; empty if none change the price."""
        return [
            Line(
                arguments=group["arguments"],
                count=group["count"],
                median=Decimal(group["median"]),
                low=Decimal(group["low"]),
                high=Decimal(group["high"]),
                said=None if group["said"] is None else Decimal(group["said"]),
            )
            for group in self.row.groups
        ]

    @property
    def difference(self) -> str:
        """Return the largest difference of its figures; empty if the list price is unknown."""
        return "" if self.row.difference is None else difference_in_words(self.row.difference)

    @property
    def spread(self) -> str:
        """Return the mean distance from the median in percent: `± 3 %`, `none`."""
        percent = f"{self.row.spread * 100:.0f}"
        return "none" if percent == "0" else f"± {percent} %"


def difference_in_words(difference: Decimal) -> str:
    """Return a relative difference to the list price: `45 % more`, `98 ×`, `none`."""
    if difference >= _TIMES:
        return f"{difference + 1:,.1f}".removesuffix(".0") + " ×"
    percent = f"{abs(difference) * 100:.0f}"
    if percent == "0":
        return "none"
    return f"{percent} % {'more' if difference > 0 else 'less'}"


def find_prices(
    words: str = "", *, is_used: bool = False, sort: str = ""
) -> QuerySet[MeasuredPrice]:
    """Return the measured prices of models whose names have all these words, in order.

    With `is_used`, only prices in use instead of the list price. Models with too few runs for a
    price are left out: a single person's run is not everybody's business.
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
    rows = rows.annotate(size=Abs("difference")).order_by(*_ORDERS.get(sort, _ORDERS[""]))
    own = [field.name for field in MeasuredPrice._meta.concrete_fields]
    return rows.select_related("endpoint").only(*own, *(f"endpoint__{name}" for name in _SHOWN))


def as_csv(rows: Iterable[MeasuredPrice]) -> str:
    """Return the list as CSV text: a line for each model, then one for each of its groups."""
    return csv_text.write(HEADER, (line for row in rows for line in _csv_lines(row)))


def _csv_lines(row: MeasuredPrice) -> Iterator[list[object]]:
    price = ListedPrice(row)
    for line in (price.whole, *price.groups):
        yield [
            row.endpoint.endpoint_id,
            row.endpoint.name,
            line.values,
            price.per,
            line.count,
            *(_plain(amount) for amount in (line.median, line.low, line.high, line.said)),
            "measured" if row.is_used else "said",
            row.updated_at.isoformat(timespec="seconds"),
        ]


def as_json(row: MeasuredPrice) -> dict[str, Any]:
    """Return a `MeasuredPrice` of the API; sums are texts, in dollars per `unit`."""
    price = ListedPrice(row)
    return {
        "endpoint_id": row.endpoint.endpoint_id,
        "name": row.endpoint.name,
        "category": row.endpoint.category,
        "unit": price.per,
        **_figures(price.whole),
        "spread": _plain(row.spread),
        "difference": _plain(row.difference),
        "is_used": row.is_used,
        "groups": [
            {"arguments": dict(group.arguments), **_figures(group)} for group in price.groups
        ],
        "list_price": {
            "amount": _plain(row.endpoint.unit_price_usd),
            "unit": row.endpoint.price_unit,
            "currency": row.endpoint.currency,
        },
        "measured_at": row.updated_at.isoformat(timespec="seconds"),
    }


def _figures(line: Line) -> dict[str, Any]:
    sums = {name: _plain(getattr(line, name)) for name in ("median", "low", "high", "said")}
    return {"runs": line.count, **sums}


def _plain(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount.normalize():f}"
