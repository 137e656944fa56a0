"""The account's bills and balance (protocol, 17.1). Sums are exact Decimals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from fal import reading
from fal.errors import UpstreamFailed

_NANO_PLACES = 9
_LISTS = ("billing_events", "events", "items")
MOST = Decimal(10**9)  # dollars; no request costs more, so a larger number is not a sum


@dataclass(frozen=True)
class BillingEvent:
    """The bill for one request.

    `cost` is the amount due in dollars, which may be negative; None if fal states no readable sum.
    `units`, `unit_price` and `discount` (percent) are None if fal does not state them.
    """

    request_id: str
    endpoint_id: str
    at: datetime | None
    cost: Decimal | None
    units: Decimal | None = None
    unit_price: Decimal | None = None
    discount: Decimal | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def from_json(cls, raw: Any) -> BillingEvent | None:
        """Parses an entry; None without a request id."""
        raw = reading.as_mapping(raw)
        request_id = reading.text(raw, "request_id")
        if not request_id:
            return None
        return cls(
            request_id,
            reading.text(raw, "endpoint_id"),
            reading.time(raw, "timestamp"),
            _cost(raw),
            reading.decimal(raw.get("output_units")),
            _sum(raw.get("unit_price")),
            reading.decimal(raw.get("percent_discount")),
            raw,
        )


@dataclass(frozen=True)
class BillingPage:
    """A page of billing events; `unreadable` counts entries without a request id."""

    events: list[BillingEvent]
    unreadable: int
    next_cursor: str | None

    @classmethod
    def from_bytes(cls, content: bytes) -> BillingPage:
        """Parses a page; raises UpstreamFailed if it has no list of events."""
        raw = reading.as_mapping(reading.parse_exact(content))
        rows = next((raw[name] for name in _LISTS if isinstance(raw.get(name), list)), None)
        if rows is None:
            raise UpstreamFailed("fal's answer has no list of billing events.", is_retryable=True)
        events = [event for row in rows if (event := BillingEvent.from_json(row))]
        cursor = reading.text_or_none(raw, "next_cursor") if raw.get("has_more") is True else None
        return cls(events, len(rows) - len(events), cursor)


@dataclass(frozen=True)
class Balance:
    """The account's credit in `currency`; `amount` is None if fal does not state it."""

    username: str
    amount: Decimal | None
    currency: str

    @classmethod
    def from_bytes(cls, content: bytes) -> Balance:
        """Parses the answer to `expand=credits`."""
        raw = reading.as_mapping(reading.parse_exact(content))
        credits_ = reading.as_mapping(raw.get("credits"))
        return cls(
            reading.text(raw, "username"),
            _sum(credits_.get("current_balance")),
            reading.text(credits_, "currency") or "USD",
        )


def _cost(raw: Mapping[str, Any]) -> Decimal | None:
    """The cost by the exact sum in nano-dollars, else by `cost_total`, else by the older `cost`."""
    nano = reading.decimal(raw.get("cost_estimate_nano_usd"))
    if nano is not None:
        return _sum(nano.scaleb(-_NANO_PLACES))
    total = _sum(raw.get("cost_total"))
    return _sum(raw.get("cost")) if total is None else total


def _sum(value: Any) -> Decimal | None:
    amount = reading.decimal(value)
    return amount if amount is not None and abs(amount) <= MOST else None
