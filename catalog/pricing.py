"""Describes what a model costs in words: its price, and the price of a typical run.

The price is upstream's list price, or the one that was measured from this house's own runs, where
that differs (`features/spending/prices/`, docs/PRICES.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from core.formatting import counted, enumerated, exactly, money, price, unit
from schemas.estimate import Price, Typical, Usual, parse_unit, read_usual, typical
from schemas.estimate.wording import FREE, computed, nobody_pays

_MOST_UNITS = 12  # digits; larger amounts from upstream are invalid and not multiplied
_MADE = {"out:video": "video", "out:audio": "sound"}
_MEASURED = ", measured"
NO_ARGUMENTS: Mapping[str, str] = {}
_USUAL = "_usual"  # attribute of an endpoint: its quantities in a typical run


class TypicalPrice(NamedTuple):
    """A model's price for display and comparison: `$0.25` for `5 s`, and how it is computed.

    `value` is None if no figure is known; `words` is then the list price or empty. `is_measured`:
    it was measured here and differs from the list price.
    """

    value: Decimal | None
    words: str
    per: str
    basis: str
    is_measured: bool = False


def price_of(endpoint: Any, arguments: Mapping[str, str] = NO_ARGUMENTS) -> Price:
    """Return an endpoint's price in the form that `schemas.estimate` takes.

    This is the measured price if there is one, else the list price. `arguments` (from
    `schemas.estimate.plain_values`) select a measured price for such arguments, if there is one.
    """
    if endpoint.measured_price is None:
        return Price(endpoint.unit_price_usd, endpoint.price_unit, endpoint.currency)
    amount, runs, group_note = endpoint.measured_price, endpoint.measured_runs, ""
    groups = (endpoint.measured_groups or ()) if arguments else ()
    if group := _group(groups, arguments):
        amount, runs = Decimal(group["price"]), group["runs"]
        group_note = f" with {enumerated([' '.join(pair) for pair in group['arguments'].items()])}"
    text = f"Measured: {price(amount, 'USD', endpoint.measured_unit)}{group_note}"
    price_text = listed_price(endpoint)
    note = f"{text}, from {counted(runs, 'run')}; the list price is {price_text or 'unknown'}."
    return Price(amount, endpoint.measured_unit, "USD", note, bool(groups) and not group)


def is_priced(endpoint: Any) -> bool:
    """Whether a price above zero is known."""
    return bool(
        endpoint.unit_price_usd if endpoint.measured_price is None else endpoint.measured_price
    )


def _group(groups: Iterable[Any], arguments: Mapping[str, str]) -> Any:
    for group in groups:
        if all(arguments.get(name) == value for name, value in group["arguments"].items()):
            return group
    return None


def current_price(endpoint: Any) -> str:
    """Return the price that estimates use: `$0.049 per image, measured`, or the list price.

    Empty if it is unknown, or if the catalogue does not have the model (None).
    """
    if not endpoint:  # a step of a workflow may have such a model
        return ""
    if endpoint.measured_price is None:
        return listed_price(endpoint)
    return f"{price(endpoint.measured_price, 'USD', endpoint.measured_unit)}{_MEASURED}"


def price_note(endpoint: Any) -> str:
    """Return how the price was measured and the list price; empty if it was not measured."""
    return price_of(endpoint).note


def typical_run(endpoint: Any, facts: Iterable[str], seconds: float | None = None) -> Typical:
    """Return the cost of a run with an unchanged form, or of the given length in seconds."""
    return typical(price_of(endpoint), read_usual(facts), _expected_s(endpoint), seconds)


def keep_usual(endpoint: Any) -> None:
    """Store a typical run's quantities on the endpoint of a list, and drop its other facts."""
    setattr(endpoint, _USUAL, read_usual(endpoint.facts or []))
    del endpoint.facts


def typical_price(endpoint: Any, seconds: float | None = None) -> TypicalPrice:
    """Return the price that a card shows; `seconds` is the requested length."""
    usual: Usual = getattr(endpoint, _USUAL, None) or read_usual(endpoint.facts or [])
    used_price = price_of(endpoint)
    typical_cost = typical(used_price, usual, _expected_s(endpoint), seconds)
    low = typical_cost.estimate.low
    basis = ". ".join((*typical_cost.estimate.basis, *filter(None, [used_price.note])))
    if low is not None and exactly(low, used_price.currency) != money(low, used_price.currency):
        basis = ". ".join(filter(None, (f"Exactly {exactly(low, used_price.currency)}", basis)))
    if typical_cost.estimate.is_free:
        return TypicalPrice(Decimal(), FREE, "", basis)
    if low is None:
        amount = used_price.unit_price
        price_text = money(amount, used_price.currency) if amount else ""
        per = unit(used_price.unit) if price_text else ""
        return TypicalPrice(None, price_text, per, basis, bool(used_price.note))
    price_text = money(low, used_price.currency)
    return TypicalPrice(low, price_text, typical_cost.per, basis, bool(used_price.note))


def shown_price(endpoint: Any, seconds: float | None = None) -> TypicalPrice:
    """Return the price that a card shows; without words where nobody pays."""
    return TypicalPrice(None, "", "", "") if nobody_pays() else typical_price(endpoint, seconds)


def listed_price(endpoint: Any) -> str:
    """Return upstream's list price: `$0.025 per image`, `Free`, or empty if unknown."""
    return price(endpoint.unit_price_usd, endpoint.currency, endpoint.price_unit)


def in_words(endpoint: Any, facts: Iterable[str]) -> str:
    """Return `$0.05 per second of video; 5 s ≈ $0.25`; empty if no price is known.

    `facts` are the endpoint's capabilities, which give the usual quantities and the kind of output.
    """
    used_price = price_of(endpoint)
    text = price(used_price.unit_price, used_price.currency, used_price.unit)
    if not text or not used_price.unit_price:
        return "Free" if text else ""
    facts = list(facts)
    unit_counted = parse_unit(used_price.unit)
    if unit_counted.kind == "second" and unit_counted.noun in {"second", "minute"}:
        text += next((f" of {name}" for fact, name in _MADE.items() if fact in facts), "")
    text += _MEASURED if used_price.note else ""
    typical_cost = typical_run(endpoint, facts)
    low = typical_cost.estimate.low
    if low is None or low == used_price.unit_price:
        return text
    return f"{text}; {_what(typical_cost)} {computed(low, used_price.currency)}"


def _what(typical_cost: Typical) -> str:
    """Return the description of a typical run in its basis: `5 s`, `0.786 MP`, `3.0 s (as …)`."""
    return (
        typical_cost.estimate.basis[0].rpartition(" × ")[0]
        if typical_cost.estimate.basis
        else typical_cost.per
    )


def _expected_s(endpoint: Any) -> float | None:
    minutes = endpoint.duration_estimate_min
    return None if minutes is None else minutes * 60


def units_in_words(count: str, price_unit: str) -> str:
    """Return the quantity that upstream billed, in the unit of the model's price: `48 seconds`."""
    units = _units(count)
    return f"{count} {price_unit}".strip() if units is None else _counted(units, price_unit)


def _units(count: str) -> Decimal | None:
    try:
        units = Decimal(count)
    except InvalidOperation:
        return None
    is_usual = units.is_finite() and abs(units.adjusted()) <= _MOST_UNITS
    return units if is_usual else None


def _counted(units: Decimal, unit_text: str) -> str:
    """`1 image`, `2 images`; units priced by the thousand are multiplied out: `189 tokens`."""
    if unit_text[:1].isdigit():
        inner = parse_unit(unit_text)
        units, unit_text = units * inner.per, unit_text.partition(" ")[2] or f"{inner.noun}s"
    plural = unit_text if unit_text.endswith("s") else unit_text and f"{unit_text}s"
    word = (unit_text and unit(unit_text)) if units == 1 else plural
    return f"{units.normalize():,f} {word}".strip()
