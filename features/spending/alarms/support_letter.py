"""Texts of an alarm's page: the run's main facts, and a letter to upstream's support."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django.utils import timezone

from core.formatting import duration, money, price
from fal.db_safe import db_safe_text
from schemas.estimate.wording import about

if TYPE_CHECKING:
    from collections.abc import Sequence

    from features.spending.models import Alarm, BillingEvent
    from runs.models import Charge, Run

MOST_FACTS = 12
MOST_CHARS = 60  # a longer text is a prompt, which support does not need


class Fact(NamedTuple):
    """One line of facts."""

    name: str
    value: str


def facts(run: Run) -> list[Fact]:
    """Return the arguments that may explain a price: numbers, choices and sizes, no prompt."""
    arguments = run.arguments if isinstance(run.arguments, dict) else {}
    lines = [Fact(name, text) for name, value in arguments.items() if (text := _in_words(value))]
    return lines[:MOST_FACTS]


def _in_words(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return str(value)[:MOST_CHARS]
        case {"width": int(width), "height": int(height)}:
            return f"{width} × {height}"
        case str() if 0 < len(value) <= MOST_CHARS and " " not in value and "/" not in value:
            return db_safe_text(value)
        case _:
            return ""


def figures(charge: Charge | None, run: Run | None, event: BillingEvent | None) -> list[Fact]:
    """Return the facts about the bill: units, prices, upstream's event, the run's duration."""
    rows = []
    endpoint = charge.endpoint if charge else None
    if charge and charge.unit_price is not None:
        price_text = price(charge.unit_price, "USD", charge.price_unit)
        rows.append(Fact("Listed price when it began", price_text))
    elif endpoint and endpoint.unit_price_usd is not None:
        price_text = price(endpoint.unit_price_usd, endpoint.currency, endpoint.price_unit)
        rows.append(Fact("Listed price", price_text))
    if run and run.billable_units:
        rows.append(Fact("X-Fal-Billable-Units", run.billable_units))
    if event and event.units:
        unit_price_note = f" at {money(event.unit_price)}" if event.unit_price is not None else ""
        rows.append(Fact("Billing event", f"{event.units} units{unit_price_note}"))
    if run and run.sent_at:
        rows.append(Fact("Sent", f"{timezone.localtime(run.sent_at):%Y-%m-%d %H:%M:%S %Z}"))
    if run and run.started_at and run.ended_at:
        rows.append(Fact("Took", duration(run.ended_at - run.started_at)))
    return rows


def write(
    alarm: Alarm, charge: Charge | None, bill: Sequence[Fact], settings: Sequence[Fact]
) -> str:
    """Return the letter, as plain text."""
    cost = charge.amount if charge and charge.amount is not None else alarm.cost
    model = alarm.endpoint.endpoint_id if alarm.endpoint else "a model"
    lines = [
        "Hello,",
        "",
        f"request {alarm.request_id or '(its id is unknown to us)'} to {model} was billed "
        f"{money(cost)}. We expected {about(alarm.expected)} ({alarm.get_basis_display()}).",
        "",
        *(f"{fact.name}: {fact.value}" for fact in bill),
        *(["", "Its arguments, without texts and files:"] if settings else []),
        *(f"{fact.name}: {fact.value}" for fact in settings),
        "",
        "Please tell us what was counted, and correct the bill if it is wrong.",
        "",
        "Thank you.",
    ]
    return "\n".join(lines)
