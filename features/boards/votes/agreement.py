"""How much the voters of a board agree: per cent of their pairs, and Krippendorff's alpha.

Units are pairs of results; values are the winner: first, second or neither. Alpha is nominal
(K. Krippendorff, "Content Analysis", 4th edition, 12.3): 1 is full agreement, 0 is agreement by
chance, and less is worse than chance.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.formatting import counted

if TYPE_CHECKING:
    from features.boards.models import Vote

LEAST_VOTERS, LEAST_PAIRS = 2, 5
TOO_FEW = (
    "There are too few votes to say how far the voters agree: that takes two voters and five "
    "pairs that both judged."
)
Judgement = tuple[Hashable, Hashable, Hashable]  # voter, unit, value


@dataclass(frozen=True)
class Agreement:
    """The agreement of voters on the `shared` units, which two or more of them judged.

    `share` is how often two judgements of one unit are equal; None without such a unit. `alpha` is
    also None if all judgements are equal: then chance agrees as well.
    """

    voters: int
    shared: int
    share: float | None
    alpha: float | None

    @property
    def is_known(self) -> bool:
        """Whether there are enough voters and shared pairs to tell anything."""
        return self.voters >= LEAST_VOTERS and self.shared >= LEAST_PAIRS

    @property
    def sentence(self) -> str:
        """Return the agreement in a sentence."""
        if self.share is None or not self.is_known:
            return TOO_FEW
        pairs = counted(self.shared, "pair")
        return f"Two voters agree on {round(100 * self.share)} % of {pairs} that both judged."

    @property
    def alpha_words(self) -> str:
        """Return alpha with two digits; empty if it is unknown."""
        if self.alpha is None or not self.is_known:
            return ""
        return f"{self.alpha:.2f}".replace("-0.00", "0.00").replace("-", "\u2212")


def agreement_of(votes: Iterable[Vote]) -> Agreement:
    """Return the agreement of the voters of these votes; a voter judges each pair once."""
    return measure(
        [(vote.voter_key, (vote.first_id, vote.second_id), _side(vote)) for vote in votes]
    )


def _side(vote: Vote) -> str:
    """Return which of the pair won, not as a cell's key: pairs are compared with each other."""
    if vote.winner_id is None:
        return "neither"
    return "first" if vote.winner_id == vote.first_id else "second"


def measure(judgements: Sequence[Judgement]) -> Agreement:
    """Return the agreement of judgements; a voter has at most one for each unit."""
    by_unit: dict[Hashable, list[Judgement]] = defaultdict(list)
    for judgement in judgements:
        by_unit[judgement[1]].append(judgement)
    shared = [unit for unit in by_unit.values() if len(unit) > 1]
    voters = {voter for unit in shared for voter, _, _ in unit}
    if not shared:
        return Agreement(len(voters), 0, None, None)
    equal = pairs = 0
    disagreed = 0.0  # observed: each unit's pairs, weighted by how many judged it
    values: Counter[Hashable] = Counter()
    for unit in shared:
        counts = Counter(value for _, _, value in unit)
        size = len(unit)
        alike = sum(count * (count - 1) for count in counts.values())
        equal, pairs = equal + alike, pairs + size * (size - 1)
        disagreed += (size * (size - 1) - alike) / (size - 1)
        values += counts
    total = values.total()
    expected = total**2 - sum(count**2 for count in values.values())
    alpha = 1 - (total - 1) * disagreed / expected if expected else None
    return Agreement(len(voters), len(shared), equal / pairs, alpha)
