"""Chooses the models that answer a question: different ones, as many as an amount pays for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import ROUND_UP, Decimal
from typing import NamedTuple

from catalog.models import Endpoint
from core.formatting import counted, money
from features.boards.plan.cells import ExpandedPlan
from runs.costs.cost import estimate_runs
from runs.start.starting import in_dollars

LEAST, MOST = 4, 6  # models that are compared, if there are as many
_CENT = Decimal("0.01")
_MAKER = re.compile(r"[^\W\d_]+")


class Offer(NamedTuple):
    """A model, and the most that its run costs in dollars; None if that is unknown."""

    endpoint: Endpoint
    most: Decimal | None


def offers_of(expanded: ExpandedPlan) -> list[Offer]:
    """Return the models of a plan with one row that can run, in the plan's order."""
    cells = expanded.fitting
    estimates = estimate_runs([(cell.endpoint, cell.arguments) for cell in cells])
    return [
        Offer(cell.endpoint, in_dollars(estimate))
        for cell, estimate in zip(cells, estimates, strict=True)
    ]


def choose(offers: Sequence[Offer], amount: Decimal | None) -> list[Offer]:
    """Return the models to run, the best first; `offers` come in this order.

    Their highest costs together are within `amount`, unless that is None. Models of different
    makers come first. Raises ValueError with a sentence if the amount does not suffice for a
    comparison.
    """
    ordered = _different_first(offers)
    if amount is None:
        return ordered[:MOST]
    priced = [(offer, offer.most) for offer in ordered if offer.most is not None]
    if offers and not priced:
        raise ValueError("The price of these models is unknown, so no amount suffices for sure.")
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


def _different_first(offers: Sequence[Offer]) -> list[Offer]:
    """Return the first model of each maker, then the others; FLUX.1 and FLUX.2 have one maker."""
    first: dict[str, Offer] = {}
    for offer in offers:
        first.setdefault(_maker(offer.endpoint), offer)
    return [*first.values(), *(offer for offer in offers if offer not in first.values())]


def _maker(endpoint: Endpoint) -> str:
    """Return the first word of a model's name: upstream lists most models as its own."""
    word = _MAKER.search(endpoint.name)
    return word[0].casefold() if word else endpoint.endpoint_id
