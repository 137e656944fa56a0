"""Describes what a model costs in words: its list price, and the price of a typical run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from core.formatting import duration, money, price, unit
from schemas.estimate import Price

# Unit of a price → a typical amount of it, in words and as a number.
_USUAL: Mapping[str, tuple[str, Decimal]] = {
    "megapixel": ("1024 by 1024 pixels", Decimal("1.048576")),
    "character": ("a page of 2,000 characters", Decimal(2000)),
    "minute": ("30 s", Decimal("0.5")),
}
_RATE = re.compile(r"price:[^/]+/s\*([\d.]+)")
_THOUSANDS = re.compile(r"(\d[\d,]*)\s+(\S.*)")
_MOST_UNITS = 12  # digits; larger amounts from upstream are nonsense and not multiplied
_UNIT = re.compile(r"\s*([\d.,]*)\s*(compute second|[a-z]+?)s?\s*")


def price_of(endpoint: Any) -> Price:
    """An endpoint's price, as the estimate module takes it."""
    return Price(endpoint.unit_price_usd, endpoint.price_unit, endpoint.currency)


def listed_price(endpoint: Any) -> str:
    """An endpoint's price as upstream lists it: `$0.025 per image`, `Free`, empty where unknown."""
    return price(endpoint.unit_price_usd, endpoint.currency, endpoint.price_unit)


def in_words(endpoint: Any, facts: Iterable[str]) -> str:
    """`$0.05 per second of video; 5 s ≈ $0.25`; empty where no price is known.

    `facts` are the endpoint's capabilities, which give the default duration and kind of output.
    """
    words = listed_price(endpoint)
    amount: Decimal | None = endpoint.unit_price_usd
    if not words or not amount:
        return "Free" if words else ""
    facts = list(facts)
    match = _UNIT.fullmatch(endpoint.price_unit.lower())
    count = _number(match[1]) if match else Decimal(1)
    unit = match[2] if match else ""
    amount = Decimal(amount) / count
    if unit in {"second", "minute"}:
        words += next((f" of {name}" for fact, name in _MADE.items() if fact in facts), "")
    if usual := _typical_run(endpoint, facts, unit):
        what, number = usual
        words += f"; {what} ≈ {money(_rounded(amount * number), endpoint.currency)}"
    return words


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
    words = _counted(units, endpoint.price_unit)
    return f"≈ {money(units * amount, endpoint.currency)} · {words}" if amount else words


def _units(count: str) -> Decimal | None:
    try:
        units = Decimal(count)
    except InvalidOperation:
        return None
    is_usual = units.is_finite() and abs(units.adjusted()) <= _MOST_UNITS
    return units if is_usual else None


def _counted(units: Decimal, words: str) -> str:
    """`1 image`, `2 images`; units priced by the thousand are multiplied out: `189 tokens`."""
    if thousands := _THOUSANDS.fullmatch(words):
        units, words = units * _number(thousands[1]), thousands[2]
    plural = words if words.endswith("s") else words and f"{words}s"
    word = (words and unit(words)) if units == 1 else plural
    return f"{units.normalize():,f} {word}".strip()


_MADE = {"out:video": "video", "out:audio": "sound"}


def _typical_run(endpoint: Any, facts: list[str], unit: str) -> tuple[str, Decimal] | None:
    """The label and number of units of a typical run; None if a run is one unit."""
    if unit == "second":
        found = next((match for fact in facts if (match := _RATE.fullmatch(fact))), None)
        seconds = Decimal(found[1]) if found else Decimal(5)
        return f"{seconds.normalize():f} s", seconds
    if unit == "compute second" and (seconds_s := endpoint.duration_estimate_s):
        return f"a run of about {duration(seconds_s)}", Decimal(str(seconds_s))
    return _USUAL.get(unit)


def _number(text: str) -> Decimal:
    digits = text.replace(",", "").strip(".")
    return Decimal(digits) if digits.count(".") < 2 and digits and Decimal(digits) else Decimal(1)


def _rounded(amount: Decimal) -> Decimal:
    """Round to two significant digits, as befits an estimate."""
    return amount.quantize(Decimal(1).scaleb(amount.adjusted() - 1)) if amount else amount
