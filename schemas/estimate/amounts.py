"""An amount of a billable quantity: a number or a range, with a label for people."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any, NamedTuple

_LARGEST = 10**12  # larger values are not realistic and are ignored


class Amount(NamedTuple):
    """From `low` to `high`; `high` None: no upper limit is known. `words` is its label: `5 s`."""

    low: Decimal
    high: Decimal | None
    words: str
    notes: tuple[str, ...] = ()

    @property
    def is_exact(self) -> bool:
        """Whether it is one number."""
        return self.low == self.high

    def times(self, other: Amount) -> Amount:
        """The product, labelled with both: `2 × 5 s`."""
        high = None if self.high is None or other.high is None else self.high * other.high
        text = self.words if other.low == other.high == 1 else f"{other.words} × {self.words}"
        return Amount(self.low * other.low, high, text, (*self.notes, *other.notes))


def exactly(value: Decimal, words: str, *notes: str) -> Amount:
    """An amount that is one number."""
    return Amount(value, value, words, notes)


def decimal(value: Any) -> Decimal | None:
    """A number in the arguments as Decimal; None for other values and unrealistic numbers."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value) if not isinstance(value, str) or len(value) < 24 else math.nan
    except (ValueError, OverflowError):
        return None
    if not math.isfinite(number) or not 0 <= number < _LARGEST:
        return None
    return Decimal(str(value).strip()) if isinstance(value, int) else Decimal(repr(number))


def plain(value: Decimal) -> str:
    """`5`, `2.5`, `2,000`; at most three digits after the point."""
    text = f"{value:,.3f}".rstrip("0").rstrip(".")
    return text or "0"


def counted(value: Decimal, noun: str) -> str:
    """`1 image`, `2 images`."""
    return f"{plain(value)} {noun if value == 1 else plural(noun)}"


def plural(noun: str) -> str:
    """`image` → `images`, `mesh` → `meshes`."""
    return f"{noun}es" if noun.endswith(("s", "sh", "ch", "x")) else f"{noun}s"
