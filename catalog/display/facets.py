"""What narrows an answer, as pages show it: facets, chips of what is in force, and hints."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from catalog.filters.conditions import Condition, parse_condition
from catalog.filters.labels import by_outcome, describe, label
from catalog.filters.query_parser import Hint
from catalog.filters.vocabulary import KEYS
from catalog.search.engine import Answer
from catalog.search.filter_sets import Facet, FacetValue
from catalog.search.query import STATUSES, Query

SORT_CHIPS = {"price": "Cheapest", "newest": "Newest"}
_FOLDED = {"ratio", "per", "time", "kind", "language", "group"}  # until one of them is in force


class Place(NamedTuple):
    """Where a question is asked: the page's address, its heading, and the facets that it fixes."""

    address: str
    title: str
    fixed: tuple[str, ...] = ()

    def href(self, query: Query, page: int = 1) -> str:
        """The address of a question asked here."""
        return self.address + replace(query, page=page).as_params(*self.fixed)

    def holds(self, query: Query) -> bool:
        """Whether a question keeps to what is fixed here."""
        return all(
            query.favourite if name == "favourite" else query.values(name) for name in self.fixed
        )


class Chip(NamedTuple):
    """One filter in force, and the address without it."""

    words: str
    href: str


class Understood(NamedTuple):
    """A question in one line: what is in force and what was left out.

    `edit` is the address where its words can be edited; empty where it was taken as it was typed.
    """

    chips: list[Chip]
    left_out: tuple[str, ...] = ()
    edit: str = ""


@dataclass(frozen=True)
class Section:
    """One way to narrow the answer, as the page offers it."""

    name: str
    title: str
    note: str
    choices: list[FacetValue]
    more: list[FacetValue]
    typed: list[Chip]
    is_single: bool  # one value at a time

    @property
    def picked(self) -> int:
        """How many of its values are in force."""
        return len(self.typed) + sum(choice.is_picked for choice in (*self.choices, *self.more))

    @property
    def has_any(self) -> bool:
        """Whether there is a choice to take the pick back."""
        return self.is_single and (not self.typed or self.picked > len(self.typed))

    @property
    def is_open(self) -> bool:
        """Whether it is shown unfolded."""
        return self.name not in _FOLDED or self.picked > 0

    @property
    def more_groups(self) -> list[tuple[str, list[FacetValue]]]:
        """The rest: categories under what they make, others under no heading."""
        is_grouped = self.name == "category"
        return by_outcome(self.more, lambda one: one.value) if is_grouped else [("", self.more)]

    @property
    def is_more_open(self) -> bool:
        """Whether something that is picked stands among the rest."""
        return any(choice.is_picked for choice in self.more)


def sections(answer: Answer, place: Place) -> list[Section]:
    """The facets of an answer in the order of the page, without those that the place fixes."""
    shown = (facet for facet in answer.facets if facet.name not in place.fixed)
    return [_section(facet, answer.query, place) for facet in shown]


def understood(answer: Answer, place: Place) -> Understood:
    """How a question was understood: a wish by its conditions, a search by the words used."""
    query, meant, found = answer.query, answer.asked, answer.found
    is_wish = meant.q != query.q
    missed = found.missed if found and answer.total else ()
    if not is_wish and not missed:
        return Understood(chips(query, place))
    kept = " ".join(found.used) if missed and found else meant.plain
    words = [Chip(f"“{kept}”", place.href(meant.saying("")))] if kept else []
    edit = place.href(meant if is_wish else query.saying(kept))
    return Understood([*words, *chips(meant, place)], (*missed, *answer.left_out), edit)


def chips(query: Query, place: Place) -> list[Chip]:
    """Everything in force, what was typed first; the place's own facets are no filter."""
    order, seconds = query.words.sort, query.seconds
    found = [
        (describe(asked, seconds), query.with_word(word, "")) for word, asked in query.words.taken
    ]
    if order:
        found.append((f"{SORT_CHIPS[order]} first", query.with_word(query.words.sort_words, "")))
    for name, value in sorted(query.picked):
        asked = parse_condition(name, value) if name not in place.fixed else None
        if asked is not None:
            less = replace(query, picked=query.picked - {(name, value)})
            found.append((describe(asked, seconds), less))
    if query.status:
        found.append((STATUSES[query.status], query.without("status")))
    if query.favourite and "favourite" not in place.fixed:
        found.append(("Favourites", query.without("favourite")))
    return [Chip(words, place.href(less)) for words, less in found]


def guesses(hints: Iterable[Hint], query: Query, place: Place) -> list[tuple[Hint, str]]:
    """Hints, each with the address of what may have been meant; empty where a part is missing."""
    words = {asked.word: word for word, asked in query.words.taken}
    found = []
    for hint in hints:
        meant = query.with_word(words.get(hint.word, hint.word), hint.suggestion)
        is_whole = hint.suggestion and not hint.suggestion.endswith(":")
        found.append((hint, place.href(meant) if is_whole else ""))
    return found


def _section(facet: Facet, query: Query, place: Place) -> Section:
    key = KEYS[facet.name]
    typed = [(word, asked) for word, asked in query.words.taken if asked.key == facet.name]
    known = {value for _, asked in typed for value in asked.values if not asked.is_negated}
    choices = [value for value in facet.values if value.value not in known]
    unfolded = key.unfolded if len(choices) > key.unfolded + 2 else len(choices)
    return Section(
        name=facet.name,
        title=facet.title,
        note=_note(query) if facet.name == "price" else "",
        choices=choices[:unfolded],
        more=choices[unfolded:],
        typed=[
            Chip(_typed_label(asked), place.href(query.with_word(word, "")))
            for word, asked in typed
        ],
        is_single=key.is_number,
    )


def _typed_label(asked: Condition) -> str:
    """A typed value as it stands under its heading."""
    words = " or ".join(label(asked.key, value) for value in asked.values)
    return f"Not: {words}" if asked.is_negated else words


def _note(query: Query) -> str:
    """What prices are compared."""
    return f"of a run of {query.seconds:g} s" if query.seconds else "of a typical run"
