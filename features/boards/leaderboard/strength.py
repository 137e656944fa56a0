"""The strengths of models from their comparisons, with 95 % intervals (Bradley-Terry).

Shared models connect boards. Models that no chain of comparisons connects cannot be ranked
against each other, so each connected part has a fit, ranks and a mean of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from features.boards.leaderboard.tallies import PairTally
from features.boards.votes import bradley_terry
from features.boards.votes.rankings import MIDDLE, SCALE


@dataclass(frozen=True)
class Strength:
    """A model's strength on the chess scale, where the mean is 1000, and its possible ranks."""

    model: int
    score: int
    low: int
    high: int
    best: int
    worst: int
    is_told: bool  # whether the votes distinguish it from any other model of its part

    @property
    def ranks(self) -> str:
        """Return `1` or `2 to 4`."""
        return str(self.best) if self.best == self.worst else f"{self.best} to {self.worst}"


def parts(pairs: Sequence[PairTally]) -> list[list[Strength]]:
    """Return the connected parts, the one with most votes first, each with the strongest first.

    Within a part, models that the votes do not distinguish yet come last.
    """
    connected = _components(pairs)
    of_part = [[pair for pair in pairs if pair.first in members] for members in connected]
    order = sorted(
        zip(connected, of_part, strict=True),
        key=lambda part: (-sum(pair.votes for pair in part[1]), min(part[0])),
    )
    return [_strengths(sorted(members), own) for members, own in order]


def wins_of(pairs: Iterable[PairTally], numbers: dict[int, int]) -> dict[tuple[int, int], float]:
    """Return the wins between models, by number: a tie is half a win for each."""
    wins: dict[tuple[int, int], float] = {}
    for pair in pairs:
        first, second = numbers[pair.first], numbers[pair.second]
        wins[first, second] = wins.get((first, second), 0) + pair.first_wins + pair.ties / 2
        wins[second, first] = wins.get((second, first), 0) + pair.second_wins + pair.ties / 2
    return wins


def _components(pairs: Iterable[PairTally]) -> list[set[int]]:
    of_model: dict[int, set[int]] = {}
    for pair in pairs:
        joined = of_model.get(pair.first, {pair.first}) | of_model.get(pair.second, {pair.second})
        for model in joined:
            of_model[model] = joined
    return [*{id(members): members for members in of_model.values()}.values()]


def _strengths(members: Sequence[int], pairs: Sequence[PairTally]) -> list[Strength]:
    numbers = {model: number for number, model in enumerate(members)}
    fit = bradley_terry.fit(wins_of(pairs, numbers), len(numbers))
    strengths = [_strength(model, number, fit, len(numbers)) for model, number in numbers.items()]
    return sorted(strengths, key=lambda strength: (not strength.is_told, -strength.score))


def _strength(model: int, number: int, fit: bradley_terry.Fit, count: int) -> Strength:
    other_numbers = [other for other in range(count) if other != number]
    score, half = float(fit.scores[number]) * SCALE, fit.half_width(number) * SCALE
    best = 1 + sum(fit.is_better(other, number) for other in other_numbers)
    worst = count - sum(fit.is_better(number, other) for other in other_numbers)
    return Strength(
        model,
        round(MIDDLE + score),
        round(MIDDLE + score - half),
        round(MIDDLE + score + half),
        best,
        worst,
        is_told=(best, worst) != (1, count),
    )
