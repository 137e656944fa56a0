"""Describes what a model costs in words: its list price, and the price of a typical run."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from core.formatting import money, price, unit
from schemas.estimate import Price, Typical, Usual, parse_unit, read_usual, typical
from schemas.estimate.prices import rounded

_MOST_UNITS = 12  # digits; larger amounts from upstream are invalid and not multiplied
_MADE = {"out:video": "video", "out:audio": "sound"}
_USUAL = "_usual"  # attribute of an endpoint: its quantities in a typical run


class TypicalPrice(NamedTuple):
    """A model's price for display and comparison: `$0.25` for `5 s`, and how it is computed.

    `value` is None if no figure is known; `words` is then the list price or empty.
    """

    value: Decimal | None
    words: str
    per: str
    basis: str


def price_of(endpoint: Any) -> Price:
    """Return an endpoint's price in the form that `schemas.estimate` takes."""
    return Price(endpoint.unit_price_usd, endpoint.price_unit, endpoint.currency)


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
    typical_cost = typical(price_of(endpoint), usual, _expected_s(endpoint), seconds)
    low, basis = typical_cost.estimate.low, ". ".join(typical_cost.estimate.basis)
    if typical_cost.estimate.is_free:
        return TypicalPrice(Decimal(), "Free", "", basis)
    if low is None:
        amount = endpoint.unit_price_usd
        price_text = money(amount, endpoint.currency) if amount else ""
        return TypicalPrice(
            None, price_text, unit(endpoint.price_unit) if price_text else "", basis
        )
    return TypicalPrice(low, money(rounded(low), endpoint.currency), typical_cost.per, basis)


def listed_price(endpoint: Any) -> str:
    """Return upstream's list price: `$0.025 per image`, `Free`, or empty if unknown."""
    return price(endpoint.unit_price_usd, endpoint.currency, endpoint.price_unit)


def in_words(endpoint: Any, facts: Iterable[str]) -> str:
    """`$0.05 per second of video; 5 s ≈ $0.25`; empty where no price is known.

    `facts` are the endpoint's capabilities, which give the usual quantities and the kind of output.
    """
    text = listed_price(endpoint)
    if not text or not endpoint.unit_price_usd:
        return "Free" if text else ""
    facts = list(facts)
    counted = parse_unit(endpoint.price_unit)
    if counted.kind == "second" and counted.noun in {"second", "minute"}:
        text += next((f" of {name}" for fact, name in _MADE.items() if fact in facts), "")
    typical_cost = typical_run(endpoint, facts)
    low = typical_cost.estimate.low
    if low is None or low == endpoint.unit_price_usd:
        return text
    return f"{text}; {_what(typical_cost)} ≈ {money(rounded(low), endpoint.currency)}"


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


def billed_in_words(count: str, endpoint: Any) -> str:
    """`≈ $0.12 · 48 seconds`: the billed units, with their cost if the price is known.

    Empty for a free model. The cost is approximate: the price is today's, without discounts.
    """
    amount: Decimal | None = endpoint.unit_price_usd
    if amount == 0:
        return ""
    units = _units(count)
    if units is None:
        return f"{count} {endpoint.price_unit}".strip()
    quantity = _counted(units, endpoint.price_unit)
    return f"≈ {money(units * amount, endpoint.currency)} · {quantity}" if amount else quantity


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
        counted = parse_unit(unit_text)
        units, unit_text = units * counted.per, unit_text.partition(" ")[2] or f"{counted.noun}s"
    plural = unit_text if unit_text.endswith("s") else unit_text and f"{unit_text}s"
    word = (unit_text and unit(unit_text)) if units == 1 else plural
    return f"{units.normalize():,f} {word}".strip()
