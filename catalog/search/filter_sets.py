"""The set of endpoints for each filter of a query; facet counts, and relaxed queries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from itertools import chain, combinations
from operator import and_
from typing import NamedTuple

from catalog.filters.conditions import BY_DURATION, Condition, asked_length, parse_condition
from catalog.filters.labels import describe, label
from catalog.filters.vocabulary import FAVOURITE, KEEPER, KEYS, Key
from catalog.model_records import NO_RECORDS, ModelRecords
from catalog.models.querysets import TEST_TAG
from catalog.search.index import Index, Places
from catalog.search.query import STATUSES, Query
from core.byte_cache import byte_cached

_GONE, _LISTED = (Condition("is", ("gone",), is_negated=negated) for negated in (False, True))
# The keys of a wish in the order in which their conditions may be dropped. Inputs and outputs come
# last: pictures do not help somebody who wants a film.
LEAST_FIRST = (
    "ratio",
    "resolution",
    "time",
    "can",
    "duration",
    "price",
    "is",
    "license",
    "language",
    "in",
    "out",
    "category",
    "does",
)
_MEDIA = {"in": 1, "out": 2, "category": 2, "does": 3}
_OWN_TITLES = {"favourite": "Starred only", "status": "Status", "locked": "Locked here"}
_MOST = 4


@dataclass(frozen=True)
class FacetValue:
    """One value of a facet and the number of results if it is selected."""

    value: str
    label: str
    count: int
    is_picked: bool


class Facet(NamedTuple):
    """One facet with its values."""

    name: str
    title: str
    values: list[FacetValue]


@dataclass(frozen=True)
class FilterRelaxation:
    """A query with something left out, and the number of its results."""

    title: str
    query: Query
    count: int
    name: str = ""  # of the one filter that is left out


class FilterSets:
    """A query's filters as sets of places in an index.

    `base` is the result of the words, `favourites` the user's starred endpoints, `by_name` the
    endpoints that meet each filter: the key of its conditions, `status`, `favourite` or `locked`.
    `locked` are the endpoints that the project's rules lock, which a gallery shows only if a query
    asks for them, `records` the records of endpoints.
    """

    def __init__(
        self,
        index: Index,
        query: Query,
        base: Places,
        favourites: Places,
        locked: Places = frozenset(),
        records: ModelRecords = NO_RECORDS,
    ) -> None:
        self.index, self.query, self.favourites = index, query, favourites
        self.locked, self.records = locked, records
        self.shown = self._shown()
        self.base = base if self.shown is index.everything else base & self.shown
        self.by_name = {"status": self._with_status(query.status)}
        if query.favourite:
            self.by_name["favourite"] = favourites
        if query.locked or (query.is_gallery and locked):
            self.by_name["locked"] = locked if query.locked else index.everything - locked
        for condition in query.conditions:
            places = self._having(condition)
            self.by_name[condition.key] = self.by_name.get(condition.key, index.everything) & places
            # Models that are gone are hidden unless a query asks for them.
            if condition.accepts("is:gone") and not condition.is_negated and not query.status:
                self.by_name["status"] = index.everything  # `is:gone` overrides the default

    @cached_property
    def hits(self) -> Places:
        """The places that match the words and all filters."""
        return reduce(and_, self.by_name.values(), self.base)

    @property
    def filtered(self) -> Places:
        """The places that match all filters, regardless of the words."""
        return reduce(and_, self.by_name.values(), self.shown)

    def _shown(self) -> Places:
        """Everything; in a gallery, models for tests only if it is asked for them."""
        query = self.query
        is_asked = query.favourite or any(
            condition.accepts(f"tag:{TEST_TAG}") and not condition.is_negated
            for condition in query.conditions
        )
        tests = None if is_asked or not query.is_gallery else parse_condition("tag", TEST_TAG)
        return self.index.everything - self.index.having(tests) if tests else self.index.everything

    def without(self, *names: str) -> Places:
        """Return the places that match all filters except these."""
        if self.by_name.keys().isdisjoint(names):
            return self.hits
        remaining = (places for name, places in self.by_name.items() if name not in names)
        return reduce(and_, remaining, self.base)

    def asking(self, query: Query) -> Places:
        """Return the places that match another query's filters, with the same words."""
        sets = (self.base, self.favourites, self.locked)
        return FilterSets(self.index, query, *sets, self.records).hits

    def having_kept(self, condition: Condition) -> Places:
        """Return the places whose kept results have the price that a condition asks for."""
        models = (key for key in self.records.shown if condition.accepts(self.records.fact(key)))
        places = self.index.places_of(models)
        return self.index.everything - places if condition.is_negated else places

    def _having(self, condition: Condition) -> Places:
        if condition.key == KEEPER:
            return self.having_kept(condition)
        if f"{condition.key}:{condition.values[0]}" != FAVOURITE:
            return self.index.having(condition, self.query.seconds)
        return self.index.everything - self.favourites if condition.is_negated else self.favourites

    def _with_status(self, status: str) -> Places:
        """Return the endpoints of a status; an empty one selects all that are listed."""
        if status == "all":
            return self.index.everything
        places = self.index.having(_GONE if status == "gone" else _LISTED)
        return places & self.index.having(Condition("is", (status,))) if status else places


def count_facets(sets: FilterSets) -> list[Facet]:
    """Return every facet that has values, in page order; counts ignore its own selection."""
    counts = sets.index.count_facts(sets.hits)
    keys = (key for key in KEYS.values() if key.is_facet)
    facets = (Facet(key.name, key.title, _facet_values(sets, key, counts)) for key in keys)
    return [facet for facet in facets if facet.values]


def count_locked(sets: FilterSets) -> int:
    """Count the results that the project's rules lock."""
    return len(sets.without("locked") & sets.locked)


def _facet_values(sets: FilterSets, key: Key, counts: Counter[str]) -> list[FacetValue]:
    """Return the values that a facet shows; `counts` are the hits by fact."""
    picked_values = sets.query.values(key.name)
    candidates = sets.hits if key.joins_all else sets.without(key.name)
    if key.is_open:
        of_facet = counts if candidates is sets.hits else sets.index.count_facts(candidates)
        count_of = dict(sets.index.most_common(key.name, of_facet, key.shown))
    else:
        count_of = _count_values(sets, candidates, key.name, key.steps or key.values)
    count_of |= _count_values(sets, candidates, key.name, sorted(picked_values - count_of.keys()))
    return [
        FacetValue(value, label(key.name, value), count, value in picked_values)
        for value, count in count_of.items()
        if count or value in picked_values
    ]


def _count_values(
    sets: FilterSets, candidates: Places, name: str, values: Iterable[str]
) -> dict[str, int]:
    """Count the results of selecting each value; prices are for the requested length."""
    conditions = _conditions(name, tuple(values))
    if name == KEEPER:
        return {value: len(sets.having_kept(c) & candidates) for value, c in conditions.items()}
    # A video's price and its 1080p (`1080p@8`) depend on the length: each length is counted as if
    # picked.
    if name != "duration" or BY_DURATION.isdisjoint(sets.by_name):
        having, seconds = sets.index.having, sets.query.seconds
        return {
            value: len(having(condition, seconds) & candidates)
            for value, condition in conditions.items()
        }
    wider_query = sets.query.without(name)
    return {
        value: len(sets.asking(replace(wider_query, picked=wider_query.picked | {(name, value)})))
        for value in conditions
    }


@byte_cached(1 << 20)
def _conditions(name: str, values: tuple[str, ...]) -> dict[str, Condition]:
    """Return the condition of selecting each value."""
    return {value: condition for value in values if (condition := parse_condition(name, value))}


def relax(sets: FilterSets) -> list[FilterRelaxation]:
    """Return queries with one filter or the words left out, those with most results first.

    If the requested models are gone from upstream, a query for them comes first. If nothing else is
    found, return the query without any filter.
    """
    query = sets.query
    names = (name for name in sets.by_name if name != "status" or query.status)
    relaxations = [_relaxed(sets, _title(query, name), query.without(name), name) for name in names]
    relaxations.sort(key=lambda relaxation: -relaxation.count)
    if query.text and (query.conditions or query.favourite or query.locked):
        title = f"Without “{query.plain}”"
        relaxations.append(FilterRelaxation(title, query.saying(""), len(sets.filtered)))
    relaxations = [relaxation for relaxation in relaxations if relaxation.count][:_MOST]
    gone_relaxation = _relaxed(sets, STATUSES["gone"], replace(query, status="gone", page=1))
    all_but_words = _relaxed(sets, "Without any filter", query.bare())
    return [
        *([gone_relaxation] if gone_relaxation.count and not query.status else []),
        *(relaxations or ([all_but_words] if all_but_words.count else [])),
    ]


def fewest_to_drop(
    index: Index, candidates: Places, wished: Sequence[Condition]
) -> tuple[Condition, ...] | None:
    """Return the fewest conditions to drop for any result, least important first, media last.

    None if even a single remaining condition finds none of the `candidates`. Prices stay those of
    the wished length, so that a length is not dropped to make a film cheaper.
    """
    seconds = asked_length(wished)
    ranked = sorted(wished, key=lambda condition: LEAST_FIRST.index(condition.key))
    # At least one condition stays: a wish without any would be answered with everything.
    counts = range(max(len(ranked), 1))
    choices = chain.from_iterable(combinations(ranked, count) for count in counts)
    for dropped in sorted(choices, key=_loss):
        remaining = [condition for condition in ranked if condition not in dropped]
        if reduce(and_, (index.having(condition, seconds) for condition in remaining), candidates):
            return dropped
    return None


def _loss(dropped: tuple[Condition, ...]) -> tuple[int, int]:
    """Return how much a wish loses: a medium more than any number of other conditions."""
    return max((_MEDIA.get(condition.key, 0) for condition in dropped), default=0), len(dropped)


def _relaxed(sets: FilterSets, title: str, query: Query, name: str = "") -> FilterRelaxation:
    return FilterRelaxation(title, query, len(sets.asking(query)), name)


def _title(query: Query, name: str) -> str:
    """Return the title of the query without this filter: `Without “Starred only”`."""
    described = (
        describe(condition, query.seconds)
        for condition in query.conditions
        if condition.key == name
    )
    return f"Without “{_OWN_TITLES.get(name) or ', '.join(described)}”"
