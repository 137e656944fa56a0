"""The ways out of an empty answer: which filter, or which words, to give up."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, replace
from itertools import combinations

from catalog.filters.labels import describe
from catalog.filters.vocabulary import KEYS
from catalog.search import spelling
from catalog.search.filter_sets import FilterSets
from catalog.search.matching import match
from catalog.search.query import STATUSES, Query

# What a wish may do without before anything else; what it takes and makes goes last.
_LEAST_FIRST = ("resolution", "can", "duration", "price", "license", "in", "out")
_OWN_TITLES = {"favourite": "Favourites only", "status": "Status"}
_MOST = 4


@dataclass(frozen=True)
class FilterRelaxation:
    """A question that gives up something, and what it would find."""

    title: str
    query: Query
    count: int
    name: str = ""  # of the one filter that is given up


def relax(sets: FilterSets) -> list[FilterRelaxation]:
    """One filter, the words, or all filters: what gives most back comes first.

    Before all of them comes the very thing that was asked for, where upstream has taken it away.
    """
    query = sets.query
    found = [one for name in sets.by_name if (one := _without_filter(sets, name)).count]
    found = [one for one in found if one.name != "status" or query.status]  # not of the default
    found.sort(key=lambda one: -one.count)
    asked = sets.filtered
    if query.text and asked and (query.conditions or query.favourite):
        title = f"Without “{query.plain}”"
        found.append(FilterRelaxation(title, query.saying(""), len(asked)))
    listed = sets.base & sets.with_status("")
    if not found and listed:
        found.append(FilterRelaxation("Without any filter", query.bare(), len(listed)))
    return [*_no_longer_listed(sets), *found[:_MOST]]


def fewest_to_drop(sets: FilterSets, kept: Set[str]) -> tuple[str, ...] | None:
    """The fewest filters without which something is found, what matters least first.

    None where no filter alone finds anything either. `kept` are names that are not dropped.
    """
    names = sorted(
        (one for one in sets.by_name if one in KEYS and one not in kept),
        key=lambda name: _LEAST_FIRST.index(name) if name in _LEAST_FIRST else -1,
    )
    for count in range(max(len(names), 1)):
        for dropped in combinations(names, count):
            if sets.without(*dropped):
                return dropped
    return None


def suggest_words(sets: FilterSets) -> list[FilterRelaxation]:
    """The nearest words to those that find nothing, with what they find."""
    index, query, asked = sets.index, sets.query, sets.filtered
    words = spelling.nearest(spelling.normalize(query.text), index.pieces)
    counted = [(word, len(match(index, word).places & asked)) for word in words]
    return [FilterRelaxation(word, query.saying(word), count) for word, count in counted if count]


def _without_filter(sets: FilterSets, name: str) -> FilterRelaxation:
    left = sets.with_duration() if name == "duration" else sets.without(name)
    left = left & sets.with_status(sets.query.status) if name == "is" else left
    described = (describe(one) for one in sets.query.conditions if one.key == name)
    title = f"Without “{_OWN_TITLES.get(name) or ', '.join(described)}”"
    return FilterRelaxation(title, sets.query.without(name), len(left), name)


def _no_longer_listed(sets: FilterSets) -> list[FilterRelaxation]:
    gone = sets.without("status") & sets.with_status("gone")
    if sets.query.status or not gone:
        return []
    query = replace(sets.query, status="gone", page=1)
    return [FilterRelaxation(STATUSES["gone"], query, len(gone))]
