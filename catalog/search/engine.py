"""Search: which endpoints a question finds, in which order, and what would narrow it further.

Words, facts and orders are in this process's memory (`index.py`). An answer costs one query, for
the cards that are shown and not kept yet.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from django.core.paginator import Paginator

from catalog.filters.conditions import asked_length
from catalog.filters.labels import describe
from catalog.filters.query_parser import Hint, unknown_value_hint
from catalog.models import Endpoint, Revision
from catalog.search.facet_counts import Facet, count_facets
from catalog.search.filter_sets import FilterSets, apply_filters
from catalog.search.index import Index, Places, current
from catalog.search.matching import FEW, Found, match
from catalog.search.query import Query
from catalog.search.relaxations import FilterRelaxation, fewest_to_drop, relax, suggest_words

PAGE_SIZE = 48


class Slice(NamedTuple):
    """Some endpoints of an answer, in its order, and how many there are in all."""

    endpoints: list[Endpoint]
    total: int


@dataclass(frozen=True)
class Answer:
    """One page of what a question found."""

    query: Query
    endpoints: list[Endpoint]
    total: int
    page: int
    pages: int
    facets: list[Facet]
    relaxations: list[FilterRelaxation]
    suggestions: list[FilterRelaxation] = field(default_factory=list)  # other words, of none found
    near: list[Endpoint] = field(default_factory=list)  # what fits most of the words
    asked: Query = field(default_factory=Query)  # as it was understood; mostly `query` itself
    left_out: tuple[str, ...] = ()  # of a wish, in words, because nothing meets all of it
    found: Found | None = None
    hints: Sequence[Hint] = field(default_factory=tuple)

    @property
    def numbers(self) -> list[int]:
        """The pages worth a link: the ends and the neighbours; 0 stands for what is left out."""
        pages = Paginator(range(self.pages), 1)
        shown = pages.get_elided_page_range(self.page, on_each_side=2, on_ends=1)
        return [number if isinstance(number, int) else 0 for number in shown]


class _Understood(NamedTuple):
    """The question that is answered, what its words find, and what its filters leave."""

    query: Query
    found: Found | None
    sets: FilterSets
    left_out: tuple[str, ...] = ()  # of a wish in plain words, because nothing meets all of it


def search(
    query: Query, starred: frozenset[int] = frozenset(), *, index: Index | None = None
) -> Answer:
    """One page of endpoints, and the counts of every facet with its own picks set aside.

    `starred` holds the ids of the asker's favourites; `index` is the catalogue, when it is at hand.
    """
    index = index or current(Revision.current())
    asked, found, sets, left_out = _understand(index, query, starred)
    hits = sets.hits
    pages = max(1, -(-len(hits) // PAGE_SIZE))
    page = min(max(query.page, 1), pages)
    first = (page - 1) * PAGE_SIZE
    places = _ranked(index, query, found, hits, first, first + PAGE_SIZE)
    shown = [index.keys[place] for place in places]
    near = [index.keys[place] for place in _near(sets, found, len(hits))]
    endpoints = index.cards([*shown, *near])
    doubts = (unknown_value_hint(one, index.facts(one.key)) for one in query.conditions)
    return Answer(
        query=query,
        endpoints=[endpoints[key] for key in shown if key in endpoints],
        total=len(hits),
        page=page,
        pages=pages,
        facets=count_facets(sets, hits),
        relaxations=[] if hits else relax(sets),
        suggestions=[] if sets.base or not query.text else suggest_words(sets),
        near=[endpoints[key] for key in near if key in endpoints],
        found=found,
        left_out=left_out,
        hints=[*asked.hints, *filter(None, doubts)],
        asked=asked,
    )


def find_all(query: Query, starred: frozenset[int], index: Index) -> Places:
    """Everything that a question finds, as places of the index."""
    return _understand(index, query, starred).sets.hits


def top_results(query: Query, most: int = PAGE_SIZE) -> list[Endpoint]:
    """The first endpoints of an answer and nothing else of it."""
    return search_slice(query, frozenset(), 0, most).endpoints


def search_slice(query: Query, starred: frozenset[int], first: int, count: int) -> Slice:
    """Endpoints of an answer from the place `first` on, without facets and hints."""
    index = current(Revision.current())
    _, found, sets, _ = _understand(index, query, starred)
    places = _ranked(index, query, found, sets.hits, first, first + count)
    keys = [index.keys[place] for place in places]
    endpoints = index.cards(keys)
    return Slice([endpoints[key] for key in keys if key in endpoints], len(sets.hits))


def _understand(index: Index, query: Query, starred: frozenset[int]) -> _Understood:
    """A wish in plain words that no text has is asked as filters, if need be without some."""
    found, sets = _evaluate(index, query, starred)
    wished = _wish(query, found)
    if wished is None:
        return _Understood(query, found, sets)
    given = {one.key for one in query.conditions}
    left_out: tuple[str, ...] = ()
    meant, wished_sets = _evaluate(index, wished, starred)
    if meant and not wished_sets.hits and not any(map(index.is_word, meant.used)):
        left_out, wished = (wished.plain,), wished.saying("")
        meant, wished_sets = _evaluate(index, wished, starred)
    least = fewest_to_drop(wished_sets, given)
    if least is None:
        return _Understood(query, found, sets)
    for name in least:
        left_out += tuple(describe(one) for one in wished.conditions if one.key == name)
        wished = wished.without(name)
    return _Understood(wished, *_evaluate(index, wished, starred), left_out)


def _wish(query: Query, found: Found | None) -> Query | None:
    """The question in query words, where its words are no good answer or ask for an order."""
    if found is None or not (found.is_weak or query.words.sort):
        return None
    return query.loosely_wished if found.missed else query.wished


def _evaluate(
    index: Index, query: Query, starred: frozenset[int]
) -> tuple[Found | None, FilterSets]:
    """What the words find, and the filters over it; over everything where there are no words."""
    found = match(index, query.text) if query.text else None
    base = found.places if found else index.everything
    return found, apply_filters(index, query, base, starred)


def _ranked(
    index: Index, query: Query, found: Found | None, hits: Places, first: int, end: int
) -> list[int]:
    """The places of the answer from `first` to before `end`, in its order."""
    length = asked_length(query.conditions)
    if found and query.order and not query.sort:  # words ask for it: what is named so comes first
        sure = {place for place in hits if found.is_sure(place)}
        ranked = index.first(sure, end, query.order, length)
        rest = index.first(hits - sure, end - len(ranked), query.order, length)
        return [*ranked, *rest][first:]
    if found is None or query.order:
        return index.first(hits, end, query.order, length)[first:]
    return _best(index, found, found.scores, hits, end)[first:]


def _near(sets: FilterSets, found: Found | None, total: int) -> list[int]:
    """Where few have all the words: the best of those that miss some."""
    if found is None or not 0 < total < FEW:
        return []
    others = (found.near.keys() - found.places) & sets.filtered
    return _best(sets.index, found, found.near, others, 2 * FEW - total)


def _best(
    index: Index, found: Found, scores: Mapping[int, int], among: Places, count: int
) -> list[int]:
    """The first so many places by score; of equal ones short names that the words nearly fill come
    first, then merit decides.
    """
    words = max(1, sum(len(word.split()) for word in found.used))
    merit, lengths = index.merit, index.names.lengths

    def rank(place: int) -> tuple[int, float, int]:
        return scores[place], -merit[place] - 0.8 * words / max(words, lengths[place]), place

    return heapq.nsmallest(count, among, key=rank)
