"""Bills requests by the price list, unless a test has set a tariff for their model.

Upstream's bill may differ from its price list, and its billing events may come late, twice or with
odd values: a `Tariff`, set over `/_sandbox/bills`, imitates this. Sums are Decimal; JSON has them
as numbers with at most nine places.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sandbox.errors import Cancelled

if TYPE_CHECKING:
    from sandbox.execution.engine import Request

NANO = Decimal(10**9)
FIRST_BALANCE = Decimal(250)


@dataclass(frozen=True)
class Tariff:
    """How one model is billed. Numbers are texts, as in `"0.049"`."""

    endpoint_id: str
    unit_price: str = ""  # of a unit, whatever the price list says
    argument: str = ""  # whose value chooses the price of a unit among `prices`
    prices: dict[str, str] = field(default_factory=dict)
    units: str = ""  # fixed for any output, as if "compute seconds" were only a name
    factor: int = 1  # multiplies the units, only in the model's `nth` bill, counted from one
    nth: int = 0
    discount: str = ""  # percent
    charges_rejected: bool = False  # 422s; upstream's own errors and cancellations are free
    is_late: bool = False  # its events are not listed before they are released
    copies: int = 1  # how often each event is listed


class Billing:
    """Billing events of one sandbox, its tariffs, and the account's balance."""

    def __init__(self, list_price: Callable[[str], Decimal]) -> None:
        self._list_price = list_price
        self.clear()

    def clear(self) -> None:
        """Forget events and tariffs, and reset the balance."""
        self.tariffs: dict[str, Tariff] = {}
        self.events: list[dict[str, Any]] = []
        self.late: list[dict[str, Any]] = []
        self.balance = FIRST_BALANCE
        self._counts: Counter[str] = Counter()  # bills of each model

    def release(self) -> None:
        """List the events that were late."""
        self.events += self.late
        self.late = []

    def charge(self, request: Request) -> None:
        """Bill a request that has ended: its units may change, and it gets a billing event."""
        endpoint_id = request.model.endpoint_id
        tariff = self.tariffs.get(endpoint_id, Tariff(endpoint_id))
        if not _is_billed(request, tariff):
            return
        self._counts[endpoint_id] += 1
        units = Decimal(tariff.units or str(request.billed))
        if tariff.nth and self._counts[endpoint_id] == tariff.nth:
            units *= tariff.factor
        request.billed = float(units)
        event = _event(request, units, self._unit_price(request, tariff), tariff.discount)
        self.balance = max(self.balance - Decimal(str(event["cost_total"])), Decimal(0))
        (self.late if tariff.is_late else self.events).extend([event] * tariff.copies)

    def _unit_price(self, request: Request, tariff: Tariff) -> Decimal:
        if tariff.argument and isinstance(request.arguments, dict):
            value = str(request.arguments.get(tariff.argument, ""))
            if value in tariff.prices:
                return Decimal(tariff.prices[value])
        return Decimal(tariff.unit_price or self._list_price(request.model.endpoint_id))


def _is_billed(request: Request, tariff: Tariff) -> bool:
    failure = request.failure
    if failure is None:
        return True
    is_rejected = failure.status == 422 and not isinstance(failure, Cancelled)
    return is_rejected and tariff.charges_rejected


def _event(request: Request, units: Decimal, price: Decimal, discount: str) -> dict[str, Any]:
    subtotal = units * price
    off = subtotal * Decimal(discount or 0) / 100
    total = subtotal - off
    at = datetime.fromtimestamp(request.ended_at or request.sent_at, UTC)
    return {
        "request_id": request.id,
        "endpoint_id": request.model.endpoint_id,
        "timestamp": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "output_units": _number(units),
        "unit_price": _number(price),
        "percent_discount": _number(Decimal(discount)) if discount else None,
        "cost_subtotal": _number(subtotal),
        "cost_discount": _number(off),
        "cost_total": _number(total),
        "cost_estimate_nano_usd": int((total * NANO).to_integral_value()),
        "auth_method": "API key",
    }


def _number(value: Decimal) -> float:
    return float(round(value, 9))
