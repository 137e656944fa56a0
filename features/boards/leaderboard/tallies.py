"""The tallies of all boards that a viewer may see, added up by pairs of models, in memory."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from core.byte_cache import byte_cached
from features.boards.models import Board, BoardTally, Tally

if TYPE_CHECKING:
    from projects.kept.models import KeptQuerySet

Versions = Sequence[tuple[uuid.UUID, int]]  # boards, and how often their tallies have changed


class PairTally(NamedTuple):
    """The comparisons of two models with one tag (empty: all), over several boards."""

    first: int
    second: int
    tag: str
    first_wins: int
    second_wins: int
    ties: int
    by_guests: int
    last_at: datetime

    @property
    def votes(self) -> int:
        """Return the number of comparisons."""
        return self.first_wins + self.second_wins + self.ties


@dataclass(frozen=True)
class Tallies:
    """All pairs by case-folded tag; "" has the pairs of all comparisons.

    `tags` are spelt as first seen: "Photos" and "photos" are one tag. `figures` are [dollars,
    seconds] of results by model. `key` is equal only for equal tallies.
    """

    key: str = ""
    boards: int = 0
    pairs: Mapping[str, Sequence[PairTally]] = field(default_factory=dict)
    figures: Mapping[int, list[list[Any]]] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)  # by their case-folded spelling

    @property
    def overall(self) -> Sequence[PairTally]:
        """Return the pairs of all comparisons."""
        return self.tagged("")

    def tagged(self, tag: str) -> Sequence[PairTally]:
        """Return the pairs of a tag, however it is capitalized."""
        return self.pairs.get(tag.casefold(), ())


NO_TALLIES = Tallies()


def tallies_of(boards: KeptQuerySet[Board]) -> Tallies:
    """Return the tallies of these boards. One query, and three more if they are not cached."""
    tallies = BoardTally.objects.filter(version__gt=0, board__in=boards.order_by().values("pk"))
    versions = tuple(tallies.order_by("pk").values_list("pk", "version"))
    if not versions:
        return NO_TALLIES
    digest = sha256(repr(versions).encode()).hexdigest()[:32]
    return _add_up(digest, versions)


@byte_cached(1 << 20, key=lambda digest, versions: digest)
def _add_up(digest: str, versions: Versions) -> Tallies:
    boards = [board for board, _ in versions]
    rows: dict[tuple[int, int, str], list[Any]] = {}
    tags: dict[str, str] = {}
    tallies = Tally.objects.filter(board__in=boards).order_by("pk")
    for first, second, tag, *counts, last_at in tallies.values_list(*PairTally._fields):
        tags.setdefault(tag.casefold(), tag)
        former = rows.setdefault((first, second, tag.casefold()), [0, 0, 0, 0, last_at])
        former[:4] = [sum(both) for both in zip(former[:4], counts, strict=True)]
        former[4] = max(former[4], last_at)
    figures: dict[int, list[list[Any]]] = defaultdict(list)
    tallied = BoardTally.objects.filter(pk__in=boards).order_by("pk")
    for by_model in tallied.values_list("figures", flat=True):
        for model, results in by_model.items():
            figures[int(model)] += results
    tags.pop("", None)
    pairs: dict[str, list[PairTally]] = defaultdict(list)
    for pair, counts in rows.items():
        pairs[pair[2]].append(PairTally(*pair, *counts))
    boards_with_votes = Tally.objects.filter(board__in=boards).values("board").distinct().count()
    return Tallies(digest, boards_with_votes, dict(pairs), dict(figures), tags)
