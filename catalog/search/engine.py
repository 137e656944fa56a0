"""Search: the endpoints that a query finds, their order, and the facets to narrow it.

Words, facts and orders are in this process's memory (`index.py`). A search takes one database
query, for cards that are shown and not cached yet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import nsmallest
from typing import Any, NamedTuple

from django.core.paginator import Paginator

from catalog.filters.conditions import Condition
from catalog.filters.labels import describe
from catalog.filters.natural_language import FEWEST, Wish
from catalog.filters.operations import Operation, wider
from catalog.filters.query_parser import (
    Hint,
    ParsedQuery,
    nearest,
    parse_query,
    unknown_value_hint,
)
from catalog.filters.vocabulary import KEEPER, USED
from catalog.model_records import NO_RECORDS, ModelRecords
from catalog.models import Endpoint, Revision
from catalog.search import spelling
from catalog.search.filter_sets import (
    Facet,
    FilterRelaxation,
    FilterSets,
    count_facets,
    count_locked,
    fewest_to_drop,
    relax,
)
from catalog.search.index import Index, Places, current
from catalog.search.matching import FEW, QueryMatches, match
from catalog.search.query import Query

PAGE_SIZE = 24
_MEDIA = {"in", "out", "category", "does"}
_LAST = 1 << 30  # the score of an endpoint with none of the words


class Slice(NamedTuple):
    """A part of the results, in their order, and the total number."""

    endpoints: list[Endpoint]
    total: int


@dataclass(frozen=True)
class Answer:
    """One page of the results of a query."""

    query: Query
    endpoints: list[Endpoint]
    total: int
    page: int
    pages: int
    facets: list[Facet]
    relaxations: list[FilterRelaxation]
    suggestions: list[FilterRelaxation] = field(default_factory=list)  # if nothing was found
    near: list[Endpoint] = field(default_factory=list)  # results that match most of the words
    asked: Query = field(default_factory=Query)  # as interpreted; usually `query` itself
    left_out: tuple[str, ...] = ()  # conditions of a wish that were dropped, as text
    ranked_by: str = ""  # words of a wish that decide what comes first
    found: QueryMatches | None = None
    hints: Sequence[Hint] = field(default_factory=tuple)
    locked: int = 0  # results that the project's rules lock

    @property
    def numbers(self) -> list[int]:
        """The page numbers to link: both ends and the neighbours; 0 marks a gap."""
        pages = Paginator(range(self.pages), 1)
        page_numbers = pages.get_elided_page_range(self.page, on_each_side=2, on_ends=1)
        return [number if isinstance(number, int) else 0 for number in page_numbers]


class _ReadQuery(NamedTuple):
    """The hits of the words, the filters, and the dropped conditions of a wish as text.

    `ranked_by` are words that only rank: the hits are not confined to those of `found`.
    """

    found: QueryMatches | None
    sets: FilterSets
    left_out: tuple[str, ...] = ()
    ranked_by: str = ""


def search(
    query: Query,
    starred: frozenset[int] = frozenset(),
    *,
    index: Index | None = None,
    locked: frozenset[int] = frozenset(),
    records: ModelRecords = NO_RECORDS,
) -> Answer:
    """Return one page of results, and the counts of every facet ignoring its own selection.

    `starred` holds the ids of the user's favourites, `locked` those of the models that rules lock,
    `records` those that the page shows; `index` is the index if already at hand.
    """
    index = index or current(Revision.current())
    matches, sets, left_out, ranked_by = _understand(index, query, starred, locked, records)
    understood, total = sets.query, len(sets.hits)
    pages = Paginator(range(total), PAGE_SIZE)
    page = pages.get_page(max(query.page, 1)).number
    ranked = _ranked(sets, query, matches, page * PAGE_SIZE)
    page_keys = [index.keys[place] for place in ranked[(page - 1) * PAGE_SIZE :]]
    near = [index.keys[place] for place in _near(sets, matches)]
    cards = index.cards([*page_keys, *near])
    doubts = (
        unknown_value_hint(condition, index.facts(condition.key)) for condition in query.conditions
    )
    return Answer(
        query=query,
        endpoints=[cards[key] for key in page_keys if key in cards],
        total=total,
        page=page,
        pages=pages.num_pages,
        facets=count_facets(sets),
        locked=count_locked(sets),
        relaxations=[] if total else relax(sets),
        suggestions=[] if sets.base or not query.text else _other_words(sets),
        near=[cards[key] for key in near if key in cards],
        found=matches,
        left_out=left_out,
        ranked_by=ranked_by,
        hints=[*understood.parsed.hints, *filter(None, doubts)],
        asked=understood,
    )


def find_all(
    query: Query,
    starred: frozenset[int],
    index: Index,
    locked: frozenset[int] = frozenset(),
    records: ModelRecords = NO_RECORDS,
) -> Places:
    """Return all results of a query as places of the index."""
    return _understand(index, query, starred, locked, records).sets.hits


def rank_all(query: Query, index: Index) -> dict[int, int]:
    """Map the primary key of each result to its position, 0 for the best: the gallery's order."""
    matches, sets, *_ = _understand(index, query, frozenset())
    ranked = _ranked(sets, query, matches, len(sets.hits))
    return {index.keys[place]: position for position, place in enumerate(ranked)}


def top_results(query: Query, most: int = PAGE_SIZE) -> list[Endpoint]:
    """Return the first results only, without facets."""
    return search_slice(query, frozenset(), 0, most).endpoints


def search_slice(
    query: Query,
    starred: frozenset[int],
    first: int,
    count: int,
    revision: str = "",
    records: ModelRecords = NO_RECORDS,
) -> Slice:
    """Return results from position `first` on, without facets and hints.

    `revision` is that of the catalogue, if the caller knows it.
    """
    index = current(revision or Revision.current())
    matches, sets, *_ = _understand(index, query, starred, records=records)
    ranked = _ranked(sets, query, matches, first + count)
    slice_keys = [index.keys[place] for place in ranked[first:]]
    cards = index.cards(slice_keys)
    return Slice([cards[key] for key in slice_keys if key in cards], len(sets.hits))


def _understand(
    index: Index,
    query: Query,
    starred: frozenset[int],
    locked: frozenset[int] = frozenset(),
    records: ModelRecords = NO_RECORDS,
) -> _ReadQuery:
    """Interpret the query as a wish if a model meets its requirements, else as words."""

    def evaluate(query_variant: Query) -> _ReadQuery:
        return _evaluate(index, query_variant, starred, locked, records)

    understood = evaluate(query)
    matches = understood.found
    if matches is None or not _is_wish(query.parsed, matches):
        return understood
    return _granted(index, query, understood.sets.filtered, evaluate) or understood


def _is_wish(parsed: ParsedQuery, matches: QueryMatches) -> bool:
    """Whether to interpret a text as a wish instead of only searching for its words.

    Texts name media too, so `image to video` is a wish only if no text has its words. `last frame`
    alone is not a wish, because it may be a model's name or ability.
    """
    wish, count = parsed.wish, len(parsed.wish.conditions)
    # "let my photo talk" says what to do; "talking photo app" may be a model's name.
    if wish.operation and matches.is_weak:
        return True
    # "best image model" and "cheap fast image" ask for an order: no text has these words.
    if parsed.sort or wish.is_graded:
        return count > 0
    # "video from two photos under a dollar": a price or a second picture is required. Alone it may
    # also be the words of a name ("last frame").
    if wish.is_firm:
        return count + bool(wish.content) > 1
    return matches.is_weak and (count >= FEWEST or (bool(matches.missed) and count > 1))


def _granted(
    index: Index, query: Query, candidates: Places, evaluate: Callable[[Query], _ReadQuery]
) -> _ReadQuery | None:
    """Return the models that meet what a wish requires; None if nothing meets any part of it.

    Its words of content decide only what comes first. If it names no medium, only they say what is
    wanted (`upscaler under 5 cents`), so they narrow the results as in a search.
    """
    wish = query.parsed.wish
    operation = _done_operation(index, wish, candidates)
    conditions = wish.with_operation(operation) if operation else wish.conditions
    required = parse_query(" ".join(conditions)).conditions
    wished = query.requiring(" ".join(conditions))
    own = [condition for condition in wished.conditions if condition in required]
    # Nothing may meet "10 second product film from two photos under a dollar commercial": the least
    # important conditions are dropped, and the page says which.
    dropped = fewest_to_drop(index, candidates, own)
    if dropped is None:
        return None
    left_out = tuple(map(describe, dropped))
    if operation and wish.operation and operation != wish.operation:
        left_out = (wish.operation.label, *left_out)
    wished = wished.relaxed(dropped)
    granted = evaluate(wished)._replace(left_out=left_out)
    # What an operation is done with, such as the scene of a film, says nothing of its models.
    by_words = "" if operation else wish.ranking
    matches = match(index, by_words) if by_words else None
    if matches is None:
        return granted
    ranked = (matches.scores.keys() | matches.near.keys()) & granted.sets.hits
    # A word of content that no result has (`product`) must not empty the page: it is shown as left
    # out.
    if not ranked:
        return granted._replace(left_out=(*left_out, *filter(None, [wish.content])))
    if not _MEDIA & {condition.key for condition in wished.conditions}:
        narrowed = evaluate(wished.saying(wish.content))
        return narrowed._replace(left_out=left_out)
    return granted._replace(found=matches, ranked_by=wish.ranking)


def _done_operation(index: Index, wish: Wish, candidates: Places) -> Operation | None:
    """Return the operation of a wish, or the nearest one that a candidate does; None if none.

    If the wish says what is made, its conditions are nearer than another operation.
    """
    if wish.operation is None:
        return None
    operations: list[Operation] = [wish.operation]
    if not any(word.startswith(("out:", "category:")) for word in wish.conditions):
        operations += wider(wish.operation)
    for one in operations:
        if index.having(Condition("does", (one.slug,))) & candidates:
            return one
    return None


def _evaluate(
    index: Index,
    query: Query,
    starred: frozenset[int],
    locked: frozenset[int],
    records: ModelRecords,
) -> _ReadQuery:
    """Find the words, or everything if there are none, and apply the filters."""
    matches = match(index, query.text) if query.text else None
    base = matches.places if matches else index.everything
    favourites, closed = index.places_of(starred), index.places_of(locked)
    return _ReadQuery(matches, FilterSets(index, query, base, favourites, closed, records))


def _ranked(sets: FilterSets, query: Query, matches: QueryMatches | None, end: int) -> list[int]:
    """Return the first places of the results, in their order."""
    index, hits = sets.index, sets.hits
    records = sets.records
    if query.order == KEEPER:
        return nsmallest(end, hits, key=lambda place: (records.rank(index.keys[place]), place))
    if query.order == USED:
        return nsmallest(
            end, hits, key=lambda place: (-records.runs.get(index.keys[place], 0), place)
        )
    if matches is None and query.text and not query.order:  # a wish without words of content
        return nsmallest(end, hits, key=lambda place: (-index.merit[place], place))
    if matches is None or query.sort:
        return nsmallest(end, hits, key=index.sort_key(query.order, query.seconds))
    if not query.order:
        scores = {**matches.near, **matches.scores} if matches.near else matches.scores
        return nsmallest(end, hits, key=_score_key(index, matches, scores))
    # "cheapest flux": models with this name come before those that only mention it.
    by = index.sort_key(query.order, query.seconds)  # exact names come first
    return nsmallest(end, hits, key=lambda place: (not matches.is_sure(place), by(place)))


def _near(sets: FilterSets, matches: QueryMatches | None) -> list[int]:
    """If few results have all the words, return the best of those that lack some."""
    if matches is None or not 0 < len(sets.hits) < FEW:
        return []
    # "kling master" has one result; other Kling models follow it.
    other_places = (matches.near.keys() - sets.hits) & sets.filtered
    by = _score_key(sets.index, matches, matches.near)
    return nsmallest(2 * FEW - len(sets.hits), other_places, key=by)


def _score_key(index: Index, hits: QueryMatches, scores: Mapping[int, int]) -> Callable[[int], Any]:
    """Return the sort key by score; ties by short names that the words nearly fill, then merit."""
    word_count = max(1, sum(len(word.split()) for word in hits.used))
    merit, lengths = index.merit, index.names.lengths

    def key(place: int) -> tuple[int, float, int]:
        return (
            scores.get(place, _LAST),
            -merit[place] - 0.8 * word_count / max(word_count, lengths[place]),
            place,
        )

    return key


def _other_words(sets: FilterSets) -> list[FilterRelaxation]:
    """Return words similar to those without results, with the number of their results."""
    index, query, filtered = sets.index, sets.query, sets.filtered
    longest = max(spelling.split_words(spelling.normalize(query.text)), key=len, default="")
    similar = nearest(longest, index.pieces.keys(), most=3)
    counts = [(word, len(match(index, word).places & filtered)) for word in similar]
    return [FilterRelaxation(word, query.saying(word), count) for word, count in counts if count]
