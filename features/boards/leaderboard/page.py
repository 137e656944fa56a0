"""The leaderboard of a category and a tag, as its page and the API show it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from statistics import median
from typing import Any, NamedTuple

from catalog.models import Endpoint
from catalog.track_records import TrackRecord
from core.byte_cache import byte_cached
from core.formatting import category_name, counted
from features.boards.leaderboard import strength
from features.boards.leaderboard.records import count
from features.boards.leaderboard.strength import Strength
from features.boards.leaderboard.tallies import PairTally, Tallies

CARD = ("endpoint_id", "display_name", "full_name", "category", "unit_price_usd", "currency")


class Interval(NamedTuple):
    """A strength's interval, drawn on the scale of its part from 0 to 100."""

    start: float
    width: float
    middle: float


@dataclass(frozen=True)
class Entry:
    """A model's place; `price` and `seconds` are medians of its results on these boards."""

    endpoint: Endpoint
    strength: Strength
    interval: Interval
    record: TrackRecord
    last_at: datetime
    price: Decimal | None
    seconds: float | None


@dataclass(frozen=True)
class Part:
    """Models that comparisons connect, the strongest first."""

    entries: list[Entry]

    @property
    def leader(self) -> Entry | None:
        """Return the model that is better than each of the others; None if that is not certain."""
        first = self.entries[0]
        return first if first.strength.worst == 1 else None


@dataclass(frozen=True)
class Choice:
    """A category or a tag, and the number of comparisons if it is chosen."""

    value: str
    label: str
    votes: int


@dataclass(frozen=True)
class Leaderboard:
    """The parts, the one with most votes first, and the categories and tags to choose from."""

    category: str
    tag: str
    boards: int
    votes: int
    by_guests: int
    parts: list[Part]
    categories: list[Choice]
    tags: list[Choice]

    @property
    def summary(self) -> str:
        """Return the outcome in a sentence."""
        if not self.parts:
            return f"No votes{self._where} yet that you may see."
        main = self.parts[0]
        if main.leader:
            return f"{main.leader.endpoint.name} is better than each of the others."
        if any(entry.strength.is_told for entry in main.entries):
            return "Some are better than others; too few votes to tell which one is best."
        return "Too few votes to tell: any difference so far may be chance."

    @property
    def counted(self) -> str:
        """Return the number of votes: `140 votes, 12 by guests`."""
        guests = f", {self.by_guests} by guests" if self.by_guests else ""
        return f"{counted(self.votes, 'vote')}{guests}"

    @property
    def _where(self) -> str:
        tagged = f" on inputs tagged “{self.tag}”" if self.tag else ""
        category = f" on models of {category_name(self.category)}" if self.category else ""
        return f"{category}{tagged}"


def leaderboard(tallies: Tallies, category: str = "", tag: str = "") -> Leaderboard:
    """Return the leaderboard of these tallies; a category counts votes between two of its models.

    One query, for the models; none without votes. An unknown category or tag has no votes.
    """
    keys = {key for pair in tallies.overall for key in (pair.first, pair.second)}
    endpoints = Endpoint.objects.only(*CARD).in_bulk(keys) if keys else {}
    categories = {key: endpoint.category for key, endpoint in endpoints.items()}
    pairs = [pair for pair in tallies.tagged(tag) if _is_in(pair, categories, category)]
    return Leaderboard(
        category=category,
        tag=tallies.tags.get(tag.casefold(), tag),
        boards=tallies.boards,
        votes=sum(pair.votes for pair in pairs),
        by_guests=sum(pair.by_guests for pair in pairs),
        parts=_parts(tallies, category, tag, pairs, endpoints),
        categories=_categories(tallies.tagged(tag), categories),
        tags=_tags(tallies, categories, category),
    )


def _is_in(pair: PairTally, categories: Mapping[int, str], category: str) -> bool:
    own = {categories.get(pair.first), categories.get(pair.second)}
    return None not in own and (not category or own == {category})


def _categories(pairs: Iterable[PairTally], categories: Mapping[int, str]) -> list[Choice]:
    votes: Counter[str] = Counter()
    for pair in pairs:
        if categories.get(pair.first) and categories[pair.first] == categories.get(pair.second):
            votes[categories[pair.first]] += pair.votes
    return [Choice(value, category_name(value), number) for value, number in votes.most_common()]


def _tags(tallies: Tallies, categories: Mapping[int, str], category: str) -> list[Choice]:
    votes: Counter[str] = Counter()
    for tag in tallies.tags:
        own = (pair for pair in tallies.tagged(tag) if _is_in(pair, categories, category))
        votes[tag] = sum(pair.votes for pair in own)
    return [Choice(tallies.tags[tag], tallies.tags[tag], n) for tag, n in votes.most_common() if n]


def _parts(
    tallies: Tallies,
    category: str,
    tag: str,
    pairs: Sequence[PairTally],
    endpoints: Mapping[int, Endpoint],
) -> list[Part]:
    if not pairs:
        return []
    records, last_at = count(pairs), _last_at(pairs)

    def entry(own: Strength, part: Sequence[Strength]) -> Entry:
        model, interval = own.model, _interval(own, part)
        results = tallies.figures.get(model, [])
        return _entry(endpoints[model], own, interval, records[model], last_at[model], results)

    return [
        Part([entry(own, strengths) for own in strengths])
        for strengths in _strengths(tallies.key, category, tag.casefold(), tuple(pairs))
    ]


@byte_cached(1 << 19, key=lambda key, category, tag, pairs: (key, category, tag, hash(pairs)))
def _strengths(
    key: str, category: str, tag: str, pairs: tuple[PairTally, ...]
) -> list[list[Strength]]:
    """Return fitted strengths, computed once for all users who see the same boards."""
    return strength.parts(pairs)


def _interval(own: Strength, part: Sequence[Strength]) -> Interval:
    low = min(other.low for other in part)
    scale = 100 / max(max(other.high for other in part) - low, 1)
    start, end = (own.low - low) * scale, (own.high - low) * scale
    return Interval(round(start, 1), round(end - start, 1), round((own.score - low) * scale, 1))


def _entry(
    endpoint: Endpoint,
    own: Strength,
    interval: Interval,
    record: TrackRecord,
    last_at: datetime,
    results: Sequence[Sequence[Any]],
) -> Entry:
    costs = [Decimal(cost) for cost, _ in results if cost is not None]
    times = [seconds for _, seconds in results if seconds is not None]
    return Entry(
        endpoint=endpoint,
        strength=own,
        interval=interval,
        record=record,
        last_at=last_at,
        price=median(costs) if costs else None,
        seconds=median(times) if times else None,
    )


def _last_at(pairs: Iterable[PairTally]) -> dict[int, datetime]:
    latest: dict[int, datetime] = {}
    for pair in pairs:
        for model in (pair.first, pair.second):
            latest[model] = max(latest.get(model, pair.last_at), pair.last_at)
    return latest
