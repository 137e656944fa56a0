"""The record of a model: what it has been worth to a project, or to the house.

The catalogue knows no runs, so `runs/records/model_record.py` provides the records.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from core.formatting import counted, money
from core.provided import Provided
from schemas.estimate.wording import label_for_pages

if TYPE_CHECKING:
    from django.http import HttpRequest

FEWEST_JUDGED = 20  # results, to compare a model with others
FEWEST_TOLD = 5  # results, to say anything about it
_ROUNDED = ("runs", "failed", "judged", "kept", "priced", "rows", "rows_won")
_Z_95 = 1.96


class Interval(NamedTuple):
    """The ends of a 95 % interval; `high` is None if it has no upper end."""

    low: Decimal
    high: Decimal | None


@dataclass(frozen=True)
class ModelRecord:
    """The figures of one model; `spent` is what the `priced` runs among the judged ones cost."""

    runs: int = 0
    failed: int = 0
    judged: int = 0
    kept: int = 0
    priced: int = 0
    spent: Decimal = Decimal()
    rows: int = 0
    rows_won: int = 0
    is_of_house: bool = False

    @property
    def too_few(self) -> bool:
        """Whether too few runs were judged to compare the model with others."""
        return self.judged < FEWEST_JUDGED

    @property
    def price_per_kept(self) -> Decimal | None:
        """Return the dollars spent on judged runs for each kept one; None if that is unknown."""
        mean = self._mean_price()
        return None if mean is None or not self.kept else mean * self.judged / self.kept

    @property
    def price_interval(self) -> Interval | None:
        """Return the price if the share kept is at the ends of its interval."""
        mean = self._mean_price()
        if mean is None:
            return None
        low, high = self.share_interval
        return Interval(mean / Decimal(high), mean / Decimal(low) if low else None)

    @property
    def share_kept(self) -> float | None:
        """Return the share of the judged runs that is kept; None if no run was judged."""
        return self.kept / self.judged if self.judged else None

    @property
    def share_interval(self) -> tuple[float, float]:
        """Return the ends of the share's 95 % interval (E. B. Wilson, 1927)."""
        if (share := self.share_kept) is None:
            return 0.0, 1.0
        z2 = _Z_95**2
        spread = _Z_95 * math.sqrt(share * (1 - share) / self.judged + z2 / (4 * self.judged**2))
        middle, scale = share + z2 / (2 * self.judged), 1 + z2 / self.judged
        return max((middle - spread) / scale, 0.0), min((middle + spread) / scale, 1.0)

    def _mean_price(self) -> Decimal | None:
        return self.spent / self.priced if self.priced else None

    def of_house(self) -> ModelRecord:
        """Return the record as that of the house: each figure is a multiple of five, or rounder.

        So nobody can subtract their own runs from it and read those of another project.
        """
        rounded = {name: _rounded(getattr(self, name)) for name in _ROUNDED}
        mean = self._mean_price()
        spent = Decimal() if mean is None else Decimal(f"{mean:.2g}") * rounded["priced"]
        return replace(self, **rounded, spent=spent, is_of_house=True)

    @property
    def line(self) -> str:
        """Return the card's line: `$0.31 per kept result · 1 of 4 kept`; empty if none judged."""
        return " · ".join(self.parts)

    @property
    def parts(self) -> list[str]:
        """Return what the judged runs tell: `$0.31 per kept result`, `17 of 30 kept`."""
        if not self.judged:
            return []
        where = " in the house" if self.is_of_house else ""
        words = (self.price_words, f"{self.kept} of {self.judged} kept{where}", self.doubt)
        return [word for word in words if word]

    @property
    def won(self) -> str:
        """Return `won 3 of 4 rows`, of boards, against other models; empty if it was in none."""
        return f"won {self.rows_won} of {counted(self.rows, 'row')}" if self.rows else ""

    @property
    def doubt(self) -> str:
        """Return that few runs were judged, with the interval of the share kept if it tells."""
        if self.judged < FEWEST_TOLD:
            return label_for_pages("too few to tell")  # where no prices are shown, nobody asks
        low, high = self.share_interval
        return f"early: {100 * low:.0f} to {100 * high:.0f} %" if self.too_few else ""

    @property
    def price_words(self) -> str:
        """Return `$0.31 per kept result`; empty if too few tell, or where no prices are shown."""
        price = None if self.too_few else self.price_per_kept
        return "" if price is None else label_for_pages(f"{money(price)} per kept result")

    @property
    def interval_words(self) -> str:
        """Return the interval of the price: `$0.22 to $0.49`, `$0.22 or more`."""
        interval = self.price_interval
        if interval is None or self.too_few:
            return ""
        low, high = interval
        return label_for_pages(
            f"{money(low)} or more" if high is None else f"{money(low)} to {money(high)}"
        )


def _rounded(number: int) -> int:
    """Return the nearest multiple of five; from 100 on, the nearest with two significant digits."""
    step = max(5, 10 ** (len(str(number)) - 2)) if number >= 100 else 5
    return (number + step // 2) // step * step


@dataclass(frozen=True)
class ModelRecords:
    """The records that a page shows, by the key of the model.

    `runs` counts the runs of the page's project alone. `key` is equal only for equal records:
    rendered fragments are cached under it.
    """

    key: str = ""
    shown: Mapping[int, ModelRecord] = field(default_factory=dict, compare=False)
    runs: Mapping[int, int] = field(default_factory=dict, compare=False)

    def __bool__(self) -> bool:
        """Whether there is any record."""
        return bool(self.shown)

    def fact(self, model: int) -> str:
        """Return a model's price as a fact that conditions accept: `keeper:0.31`; "" if none."""
        record = self.shown.get(model)
        price = None if record is None or record.too_few else record.price_per_kept
        return "" if price is None else f"keeper:{price.normalize():f}"

    def rank(self, model: int) -> tuple[float, float]:
        """Return a model's sort key: the lowest price of a kept result first, the untold last."""
        record = self.shown.get(model)
        if record is None or record.too_few:
            return math.inf, 0.0
        price = record.price_per_kept
        return float("inf" if price is None else price), -record.share_interval[0]


NO_RECORDS = ModelRecords()


@Provided
def records_for(request: HttpRequest) -> ModelRecords:
    """Return the records that a request's pages show, by `runs.records.model_record`."""
    return NO_RECORDS
