"""Turns a board's blind votes and row winners into comparisons of two models.

No queries: `counting.py` reads the rows. A column is a model with settings, so a comparison of two
columns of one model does not count. A row's winner beats each other column that has a result in
the row. Stars and pass or fail are not comparisons.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


class Comparison(NamedTuple):
    """Two columns compared; `is_won` is True if the first is better, None if neither is."""

    first: int
    second: int
    is_won: bool | None
    tags: Collection[str]
    at: datetime
    is_by_guest: bool = False


class Pair(NamedTuple):
    """Two models, the one with the smaller key first, and a tag; empty: all comparisons."""

    first: int
    second: int
    tag: str


@dataclass
class Count:
    """The comparisons of a pair."""

    last_at: datetime
    first_wins: int = 0
    second_wins: int = 0
    ties: int = 0
    by_guests: int = 0

    def add(self, is_won: bool | None, at: datetime, *, is_by_guest: bool) -> None:
        """Count one more."""
        if is_won is None:
            self.ties += 1
        elif is_won:
            self.first_wins += 1
        else:
            self.second_wins += 1
        self.by_guests += is_by_guest
        self.last_at = max(self.last_at, at)


def of_winner(
    winner: int, columns: Iterable[int], tags: Collection[str], at: datetime
) -> list[Comparison]:
    """Compare a row's winner with each other column; all these columns have results."""
    with_result = set(columns)
    if winner not in with_result:
        return []
    return [
        Comparison(winner, other, is_won=True, tags=tags, at=at)
        for other in sorted(with_result - {winner})
    ]


def count(comparisons: Iterable[Comparison], model_of: Mapping[int, int]) -> dict[Pair, Count]:
    """Count the comparisons by pairs of models; `model_of` maps columns to models.

    Each comparison counts once without a tag, and once for each of its tags.
    """
    counts: dict[Pair, Count] = {}
    for compared in comparisons:
        first, second = model_of[compared.first], model_of[compared.second]
        if first == second:
            continue
        is_won = compared.is_won
        if first > second:
            first, second = second, first
            is_won = None if is_won is None else not is_won
        for tag in {"", *compared.tags}:
            of_pair = counts.setdefault(Pair(first, second, tag), Count(compared.at))
            of_pair.add(is_won, compared.at, is_by_guest=compared.is_by_guest)
    return counts
