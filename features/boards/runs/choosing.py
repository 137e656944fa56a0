"""Chooses the models that answer a question: different ones, as many as an amount pays for."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from typing import NamedTuple

from catalog.filters.labels import describe
from catalog.filters.query_parser import parse_query
from catalog.model_records import NO_RECORDS, ModelRecords
from catalog.models import Endpoint
from core.formatting import counted, money
from features.boards.plan.cells import ExpandedPlan
from playground.suggestions import Wanted
from runs.costs.cost import estimate_runs
from runs.start.starting import in_dollars

LEAST, MOST = 4, 6  # models that are compared, if there are as many
_CENT = Decimal("0.01")
_MAKER = re.compile(r"[^\W\d_]+")


class Offer(NamedTuple):
    """A model, and the most that its run costs in dollars; None if that is unknown."""

    endpoint: Endpoint
    most: Decimal | None


@dataclass(frozen=True)
class Choice:
    """The house's answer to what is `wanted`: models, some of which a person unticks or adds.

    `records` are those that the models were chosen by. `off` has the ids of the models that were
    unticked, `added` of those that were added. If `is_limited`, all of them together may cost more
    than the amount.
    """

    wanted: Wanted
    offers: Sequence[Offer] = ()
    is_limited: bool = False
    records: ModelRecords = NO_RECORDS
    off: Collection[str] = ()
    added: Sequence[str] = ()

    @property
    def used(self) -> list[Offer]:
        """The models that Run would use."""
        return [offer for offer in self.offers if offer.endpoint.endpoint_id not in self.off]

    @property
    def left_out(self) -> list[str]:
        """What was given up, in words: `Under $0.01`."""
        conditions = parse_query(" ".join(self.wanted.left_out)).conditions
        return [describe(condition) for condition in conditions]


def offers_of(expanded: ExpandedPlan) -> list[Offer]:
    """Return the models of a plan with one row that can run, in the plan's order."""
    cells = expanded.fitting
    estimates = estimate_runs([(cell.endpoint, cell.arguments) for cell in cells])
    return [
        Offer(cell.endpoint, in_dollars(estimate))
        for cell, estimate in zip(cells, estimates, strict=True)
    ]


def choose(
    offers: Sequence[Offer], amount: Decimal | None, added: Sequence[Offer] = ()
) -> list[Offer]:
    """Return the models to run, the best first; `offers` come in this order.

    Their highest costs together are within `amount`, unless that is None. Models of different
    makers come first, after those that somebody has `added`. Raises ValueError with a sentence if
    the amount does not suffice for a comparison.
    """
    if amount is None:
        return first_choice(offers, added)
    ordered = _in_order(offers, added)
    priced = [(offer, offer.most) for offer in ordered if offer.most is not None]
    if offers and not priced:
        raise ValueError("The price of these models is unknown, so no budget suffices for sure.")
    fewest = min(LEAST, len(priced))
    needed = sum(sorted(most for _, most in priced)[:fewest], Decimal(0))
    if needed > amount:
        enough = money(needed.quantize(_CENT, ROUND_UP))
        raise ValueError(
            f"{money(amount)} is too little to compare {counted(fewest, 'model')}: "
            f"{enough} is enough."
        )
    chosen: list[Offer] = []
    left = amount
    for place, (offer, most) in enumerate(priced):
        # Enough is left for the cheapest of the later ones, as long as there are too few.
        later = sorted(other for _, other in priced[place + 1 :])
        reserve = sum(later[: max(fewest - len(chosen) - 1, 0)], Decimal(0))
        if len(chosen) < MOST and most + reserve <= left:
            chosen.append(offer)
            left -= most
    return chosen


def first_choice(offers: Sequence[Offer], added: Sequence[Offer] = ()) -> list[Offer]:
    """Return the models to run if any amount may be spent."""
    return _in_order(offers, added)[:MOST]


def total(offers: Sequence[Offer]) -> Decimal:
    """Return the most that all of these may cost together, as far as it is known."""
    return sum((offer.most or Decimal(0) for offer in offers), Decimal(0))


def _in_order(offers: Sequence[Offer], added: Sequence[Offer]) -> list[Offer]:
    """Return the added models, the first of each maker, and the others.

    FLUX.1 and FLUX.2 have one maker.
    """
    offers = [offer for offer in offers if offer not in added]
    first: dict[str, Offer] = {}
    for offer in offers:
        first.setdefault(_maker(offer.endpoint), offer)
    return [*added, *first.values(), *(offer for offer in offers if offer not in first.values())]


def _maker(endpoint: Endpoint) -> str:
    """Return the first word of a model's name: upstream lists most models as its own."""
    word = _MAKER.search(endpoint.name)
    return word[0].casefold() if word else endpoint.endpoint_id
