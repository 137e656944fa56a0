"""How often each model won the votes of this house, as far as a viewer may see.

The catalogue knows no boards, so `features/boards/leaderboard/records.py` registers a function.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.formatting import counted

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

_Z_95 = 1.96


@dataclass(frozen=True)
class TrackRecord:
    """The votes on one model: all, or those of inputs with one tag."""

    wins: float
    votes: int
    tag: str = ""
    by_guests: int = 0

    @property
    def percent(self) -> float:
        """Return the share of the votes that it won, in per cent; a tie is half a win."""
        return 100 * self.wins / self.votes

    @property
    def sure_share(self) -> float:
        """Return the lower end of the share's 95 % interval (E. B. Wilson, 1927).

        Sorted by it, 70 of 100 votes come before one of one.
        """
        share, z2 = self.wins / self.votes, _Z_95**2
        spread = _Z_95 * math.sqrt(share * (1 - share) / self.votes + z2 / (4 * self.votes**2))
        return (share + z2 / (2 * self.votes) - spread) / (1 + z2 / self.votes)

    @property
    def sentence(self) -> str:
        """Return the record as a sentence without its full stop."""
        return f"{self.words_of_all}, {self.tag}" if self.tag else self.words_of_all

    @property
    def words_of_all(self) -> str:
        """Return `words` without the tag."""
        return f"Won {round(self.percent)} % of {counted(self.votes, 'vote')} here"


@dataclass(frozen=True)
class TrackRecords:
    """The records of all models on which there are votes that a viewer may see.

    `shown` has the record on a model's card: all its votes, with the tag that most of them have.
    `key` is equal only for equal records: rendered fragments are cached under it.
    """

    key: str = ""
    shown: Mapping[int, TrackRecord] = field(default_factory=dict, compare=False)
    by_tag: Mapping[int, tuple[TrackRecord, ...]] = field(default_factory=dict, compare=False)

    def __bool__(self) -> bool:
        """Whether there is any vote."""
        return bool(self.shown)

    def fact(self, model: int) -> str:
        """Return a model's record as a fact that conditions accept: `won:71.4`; "" if none."""
        record = self.shown.get(model)
        return f"won:{record.percent:.4f}" if record else ""

    def rank(self, model: int) -> float:
        """Return a model's sort key: the surest winner comes first, models without votes last."""
        record = self.shown.get(model)
        return -record.sure_share if record else math.inf


NO_RECORDS = TrackRecords()
# (user, revision, key of the only project whose boards count, or None for all) → the records
Source = Callable[["User | AnonymousUser", str, int | None], TrackRecords]
_sources: list[Source] = []


def register(source: Source) -> None:
    """Set the function that `records_of` calls; called once, when the app is ready."""
    _sources[:] = [source]


def records_of(
    user: User | AnonymousUser, revision: str, project: int | None = None
) -> TrackRecords:
    """Return the records of all models for a viewer, at a revision of the catalogue.

    One query, and three more after new votes; none in a house that has never voted.
    """
    return _sources[0](user, revision, project) if _sources else NO_RECORDS
