"""Prepares a search's filters for the page: facets, chips of active filters, and hints."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from catalog.filters.conditions import Condition, parse_condition
from catalog.filters.labels import by_outcome, describe, label
from catalog.filters.query_parser import Hint
from catalog.filters.vocabulary import KEEPER, KEYS
from catalog.search.engine import Answer
from catalog.search.filter_sets import Facet, FacetValue
from catalog.search.index import Index
from catalog.search.query import STATUSES, Query
from schemas.estimate.wording import nobody_pays

APPROVED = "approved"
SORT_CHIPS = {"price": "Cheapest", "newest": "Newest"}
_FIRST = {"category", "in", "out", "price", "license"}  # the others are behind "More filters"


class SearchScope(NamedTuple):
    """The context of a search: the page's path, its heading, and the facets that it fixes."""

    address: str
    title: str
    fixed: tuple[str, ...] = ()

    def href(self, query: Query, page: int = 1) -> str:
        """Return the URL of a query in this context."""
        return self.address + replace(query, page=page).as_params(*self.fixed)

    def holds(self, query: Query) -> bool:
        """Return whether a query keeps the fixed facets."""
        return all(
            query.favourite if name == "favourite" else query.values(name) for name in self.fixed
        )


class Chip(NamedTuple):
    """An active filter, and the URL of the search without it."""

    words: str
    href: str


class QueryInterpretation(NamedTuple):
    """A one-line description of the query: active filters and ignored parts.

    `edit` is the URL at which its words can be edited; empty if it was used as typed.
    """

    chips: list[Chip]
    left_out: tuple[str, ...] = ()
    edit: str = ""


@dataclass(frozen=True)
class Section:
    """One facet as the page shows it."""

    name: str
    title: str
    note: str
    choices: list[FacetValue]
    more: list[FacetValue]
    typed: list[Chip]
    is_single: bool  # allows one value only

    @property
    def picked(self) -> int:
        """The number of its selected values."""
        return len(self.typed) + sum(choice.is_picked for choice in (*self.choices, *self.more))

    @property
    def has_any(self) -> bool:
        """Whether it has an "any" option, which clears the selection."""
        return self.is_single and (not self.typed or self.picked > len(self.typed))

    @property
    def is_open(self) -> bool:
        """Whether it is expanded: the category, and each facet with a selected value."""
        return self.name == "category" or self.picked > 0

    @property
    def is_first(self) -> bool:
        """Whether it is always shown, not behind "More filters"."""
        return self.name in _FIRST

    @property
    def more_groups(self) -> list[tuple[str, list[FacetValue]]]:
        """The remaining values: categories grouped by output, other facets in one group."""
        is_grouped = self.name == "category"
        return by_outcome(self.more, lambda value: value.value) if is_grouped else [("", self.more)]

    @property
    def is_more_open(self) -> bool:
        """Whether a selected value is among the remaining ones."""
        return any(choice.is_picked for choice in self.more)


def sections(answer: Answer, place: SearchScope) -> list[Section]:
    """Return the facets of an answer in page order, without those that the context fixes.

    Prices that nobody pays are no choice either.
    """
    left_out = {*place.fixed, "price", KEEPER} if nobody_pays() else place.fixed
    facets = (facet for facet in answer.facets if facet.name not in left_out)
    return [_section(facet, answer.query, place) for facet in facets]


def approved(answer: Answer, index: Index) -> FacetValue | None:
    """Return the switch "Only approved models"; None if no model is approved."""
    marks = (value for facet in answer.facets if facet.name == "is" for value in facet.values)
    if f"is:{APPROVED}" not in index.facts("is"):
        return None
    nothing = FacetValue(APPROVED, "", 0, False)
    return next((value for value in marks if value.value == APPROVED), nothing)


def interpretation(answer: Answer, place: SearchScope) -> QueryInterpretation:
    """Describe how a query was interpreted: a wish by its conditions, a search by its words."""
    query, search, reading = answer.query, answer.asked, answer.found
    is_wish = search.q != query.q
    missed = reading.missed if reading and answer.total and not answer.ranked_by else ()
    if not is_wish and not missed:
        return QueryInterpretation(chips(query, place))
    used_words = " ".join(reading.used) if missed and reading else search.plain
    leading = [Chip(f"“{used_words}”", place.href(search.saying("")))] if used_words else []
    if answer.ranked_by:
        leading = [Chip(f"“{answer.ranked_by}” first", place.href(search))]
    edit = place.href(search if is_wish else query.saying(used_words))
    return QueryInterpretation([*leading, *chips(search, place)], (*missed, *answer.left_out), edit)


def chips(query: Query, place: SearchScope) -> list[Chip]:
    """Return every active filter, typed ones first, without the facets that the context fixes."""
    order, seconds = query.parsed.sort, query.seconds
    removals = [
        (describe(condition, seconds), query.with_word(word, ""))
        for word, condition in query.parsed.taken
    ]
    if order:
        unsorted = query.with_word(query.parsed.sort_words, "")
        removals.append((f"{SORT_CHIPS[order]} first", unsorted))
    for name, value in sorted(query.picked):
        condition = parse_condition(name, value) if name not in place.fixed else None
        if condition is not None:
            less = replace(query, picked=query.picked - {(name, value)})
            removals.append((describe(condition, seconds), less))
    if query.status:
        removals.append((STATUSES[query.status], query.without("status")))
    if query.favourite and "favourite" not in place.fixed:
        removals.append(("Starred", query.without("favourite")))
    if query.locked:
        removals.append(("Locked here", query.without("locked")))
    return [Chip(text, place.href(less)) for text, less in removals]


def guesses(hints: Iterable[Hint], query: Query, place: SearchScope) -> list[tuple[Hint, str]]:
    """Return hints, each with the URL of the suggested query; empty if there is none."""
    word_of = {condition.word: word for word, condition in query.parsed.taken}
    guessed = []
    for hint in hints:
        suggested_query = query.with_word(word_of.get(hint.word, hint.word), hint.suggestion)
        is_whole = hint.suggestion and not hint.suggestion.endswith(":")
        guessed.append((hint, place.href(suggested_query) if is_whole else ""))
    return guessed


def _section(facet: Facet, query: Query, place: SearchScope) -> Section:
    key = KEYS[facet.name]
    pairs = [
        (word, condition) for word, condition in query.parsed.taken if condition.key == facet.name
    ]
    typed_values = {
        value for _, condition in pairs for value in condition.values if not condition.is_negated
    }
    # Its switch stands before the facets.
    typed_values |= {APPROVED} if facet.name == "is" else set()
    choices = [value for value in facet.values if value.value not in typed_values]
    unfolded = key.unfolded if len(choices) > key.unfolded + 2 else len(choices)
    return Section(
        name=facet.name,
        title=facet.title,
        note=_note(query) if facet.name == "price" else "",
        choices=choices[:unfolded],
        more=choices[unfolded:],
        typed=[
            Chip(_typed_label(condition), place.href(query.with_word(word, "")))
            for word, condition in pairs
        ],
        is_single=key.is_number,
    )


def _typed_label(condition: Condition) -> str:
    """Return a typed value as shown under its heading."""
    values = " or ".join(label(condition.key, value) for value in condition.values)
    return f"Not: {values}" if condition.is_negated else values


def _note(query: Query) -> str:
    """Return the note that says which run's prices are compared."""
    return f"of a run of {query.seconds:g} s" if query.seconds else "of a typical run"
