"""A price per unit, and the estimated cost of one run or of several."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, replace
from decimal import Decimal

from core.formatting import money
from schemas.estimate import wording


@dataclass(frozen=True, slots=True)
class Price:
    """A price: `unit_price` in `currency` for one `unit`, which is upstream's free text."""

    unit_price: Decimal | None
    unit: str = ""
    currency: str = "USD"
    note: str = ""  # a sentence that names the source, if this is not the list price
    is_least: bool = False  # the price of other arguments: these may cost more


@dataclass(frozen=True, slots=True)
class Estimate:
    """What one or several runs may cost, from `low` to `high`, both inclusive.

    `low` None: nothing is known. `high` None: no upper limit is known. `basis` has one line per
    step of the computation. `unknown_count` is the number of runs in a sum whose price is unknown;
    `low` and `high` do not include these. `source` is empty for list prices, else `measured`, or
    `partly measured` for a sum.

    `usual` is what runs of the model mostly cost, if the amount of this run is open. It is shown,
    but is not a limit: an hour of film was priced like earlier films of a second.
    """

    low: Decimal | None
    high: Decimal | None
    currency: str = "USD"
    basis: tuple[str, ...] = ()
    unknown_count: int = 0
    source: str = ""
    usual: Decimal | None = None

    @property
    def is_known(self) -> bool:
        """Whether at least a part of the cost is known."""
        return self.low is not None

    @property
    def most(self) -> Decimal | None:
        """The most that it may cost; None unless a limit is known for every part."""
        return None if self.unknown_count else self.high

    @property
    def is_free(self) -> bool:
        """Whether it certainly costs nothing."""
        return self.low == 0 and self.most == 0

    @property
    def label(self) -> str:
        """`about $0.10`, `$0.10 to $0.20`, `up to $0.20`, `at least $0.10`, `Free`, unknown.

        `usually $0.04` if no upper limit is known. A sum with unknown prices shows their number:
        `about $0.10 + 2 unknown`; one with measured prices says so: `about $0.10, measured`.
        """
        if self.low is None:
            return wording.UNKNOWN
        if self.is_free:
            return wording.FREE
        unknown_note = f" + {self.unknown_count} unknown" if self.unknown_count else ""
        source = f", {self.source}" if self.source else ""
        return f"{self._figures(self.low)}{unknown_note}{source}"

    @property
    def page_label(self) -> str:
        """The label on pages: empty where nobody pays."""
        return wording.label_for_pages(self.label)

    @property
    def most_in_words(self) -> str:
        """`$0.42`, the most that it may cost; where no limit is known as in `words`."""
        return self.label if self.most is None else money(self.most, self.currency)

    def _figures(self, low: Decimal) -> str:
        if self.high is None and self.usual is not None:
            return f"usually {money(self.usual, self.currency)}"
        return wording.between(low, self.high, self.currency)

    def __add__(self, other: Estimate) -> Estimate:
        """The cost of both; unknown costs are counted, not guessed."""
        if not isinstance(other, Estimate):
            return NotImplemented
        if self is NOTHING or other is NOTHING:
            return other if self is NOTHING else self
        count = self._unknowns + other._unknowns
        priced = [estimate for estimate in (self, other) if estimate.low is not None]
        if len(priced) == 2 and (self.currency or "USD") != (other.currency or "USD"):
            priced, count = [self], count + 1  # two currencies cannot be added
        if not priced:
            return Estimate(None, None, self.currency, (), count)
        highs = [estimate.high for estimate in priced if estimate.high is not None]
        return Estimate(
            sum((estimate.low for estimate in priced if estimate.low is not None), Decimal()),
            sum(highs, Decimal()) if len(highs) == len(priced) else None,
            priced[0].currency,
            tuple(dict.fromkeys((*self.basis, *other.basis))),
            count,
            _common({estimate.source for estimate in priced}),
            sum((estimate._middle for estimate in priced), Decimal())
            if any(estimate.usual is not None for estimate in priced)
            else None,
        )

    def times(self, runs: int) -> Estimate:
        """The cost of this many equal runs."""
        if self.low is None:
            return Estimate(None, None, self.currency, self.basis, self._unknowns * runs)
        high = None if self.high is None else self.high * runs
        usual = None if self.usual is None else self.usual * runs
        return replace(
            self,
            low=self.low * runs,
            high=high,
            usual=usual,
            unknown_count=self.unknown_count * runs,
        )

    @property
    def _middle(self) -> Decimal:
        """Its part of the `usual` of a sum."""
        figures = (self.usual, self.high, self.low)
        return next((figure for figure in figures if figure is not None), Decimal())

    @property
    def _unknowns(self) -> int:
        return self.unknown_count or int(self.low is None)


NOTHING = Estimate(Decimal(), Decimal())  # the sum of no runs
MEASURED = "measured"
_PARTLY = f"partly {MEASURED}"


def _common(sources: Set[str]) -> str:
    """The source of a sum of estimates with these sources."""
    return next(iter(sources)) if len(sources) == 1 else _PARTLY


def unknown(currency: str, *basis: str) -> Estimate:
    """An estimate without a figure; `basis` says why."""
    return Estimate(None, None, currency, basis)
