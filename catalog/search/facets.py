"""What narrows an answer, as pages show it: facets, chips of what is in force, and hints."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from catalog.filters.conditions import Condition, asked_length, for_duration, parse_condition
from catalog.filters.labels import by_outcome, describe, label
from catalog.filters.query_parser import Hint
from catalog.filters.vocabulary import KEYS
from catalog.search.engine import Answer
from catalog.search.facet_counts import Facet
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
    """A question in one line: what is in force, what was left out, where its words can be edited.

    `lead` is empty where it was taken as it was typed.
    """

    lead: str
    chips: list[Chip]
    left_out: tuple[str, ...] = ()
    edit: str = ""


class Choice(NamedTuple):
    """One value to pick, and what picking it would find."""

    value: str
    label: str
    hits: int
    is_picked: bool


class Guess(NamedTuple):
    """A hint, and the address of the question that may have been meant."""

    message: str
    suggestion: str
    href: str


@dataclass(frozen=True)
class Section:
    """One way to narrow the answer, as the page offers it."""

    name: str
    title: str
    note: str
    choices: list[Choice]
    more: list[Choice]
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
    def more_groups(self) -> list[tuple[str, list[Choice]]]:
        """The rest: categories under what they make, others under no heading."""
        is_grouped = self.name == "category"
        return by_outcome(self.more, lambda one: one.value) if is_grouped else [("", self.more)]

    @property
    def is_more_open(self) -> bool:
        """Whether something that is picked stands among the rest."""
        return any(choice.is_picked for choice in self.more)


def sections(answer: Answer, place: Place) -> list[Section]:
    """The facets of an answer in the order of the page, without those that the place fixes."""
    query = answer.query
    return [
        _section(facet, query, place) for facet in answer.facets if facet.name not in place.fixed
    ]


def understood(answer: Answer, place: Place) -> Understood:
    """How a question was understood: a wish by its conditions, a search by the words used."""
    query, found = answer.query, answer.found
    wished = answer.asked if answer.asked.q != query.q else None
    missed = found.missed if found and answer.total else ()
    if wished is None and not missed:
        return Understood("", chips(query, place))
    meant = wished or query
    kept = " ".join(found.used) if missed and found else meant.plain
    words = [Chip(f"“{kept}”", place.href(meant.saying("")))] if kept else []
    edit = place.href(wished or query.saying(kept))
    left_out = (*missed, *answer.left_out)
    return Understood("Understood as", [*words, *chips(meant, place)], left_out, edit)


def chips(query: Query, place: Place) -> list[Chip]:
    """Everything in force, what was typed first; the place's own facets are no filter."""
    found = [
        Chip(describe(asked), place.href(query.with_word(word, "")))
        for word, asked in _typed(query)
    ]
    if order := query.words.sort_words:
        words = f"{SORT_CHIPS[query.words.sort]} first"
        found.append(Chip(words, place.href(query.with_word(order, ""))))
    picks = [(name, value) for name, value in sorted(query.picked) if name not in place.fixed]
    for name, value in picks:
        asked = parse_condition(name, value)
        if asked is not None:
            (shown,) = for_duration([asked], query.conditions)
            less = replace(query, picked=query.picked - {(name, value)})
            found.append(Chip(describe(shown), place.href(less)))
    if query.status:
        found.append(Chip(STATUSES[query.status], place.href(query.without("status"))))
    if query.favourite and "favourite" not in place.fixed:
        found.append(Chip("Favourites", place.href(query.without("favourite"))))
    return found


def cleared(query: Query, place: Place) -> str:
    """The address with nothing but the words searched for."""
    return place.href(replace(Query(q=query.text), sort=query.sort))


def guesses(hints: Iterable[Hint], query: Query, place: Place) -> list[Guess]:
    """Hints with the way to what may have been meant."""
    words = {asked.word: word for word, asked in query.words.taken}
    found = []
    for hint in hints:
        meant = query.with_word(words.get(hint.word, hint.word), hint.suggestion)
        is_whole = hint.suggestion and not hint.suggestion.endswith(":")
        found.append(Guess(hint.message, hint.suggestion, place.href(meant) if is_whole else ""))
    return found


def _typed(query: Query) -> list[tuple[str, Condition]]:
    return [(word, for_duration([asked], query.conditions)[0]) for word, asked in query.words.taken]


def _section(facet: Facet, query: Query, place: Place) -> Section:
    key = KEYS[facet.name]
    mine = [(word, asked) for word, asked in _typed(query) if asked.key == facet.name]
    known = {value for _, asked in mine for value in asked.values if not asked.is_negated}
    choices = [
        Choice(value.value, label(facet.name, value.value), value.count, value.is_picked)
        for value in facet.values
        if value.value not in known
    ]
    unfolded = key.unfolded if len(choices) > key.unfolded + 2 else len(choices)
    return Section(
        name=facet.name,
        title=facet.title,
        note=_note(facet.name, query),
        choices=choices[:unfolded],
        more=choices[unfolded:],
        typed=[
            Chip(_typed_label(asked), place.href(query.with_word(word, ""))) for word, asked in mine
        ],
        is_single=key.is_number,
    )


def _typed_label(asked: Condition) -> str:
    """A typed value as it stands under its heading."""
    words = " or ".join(label(asked.key, value) for value in asked.values)
    return f"Not: {words}" if asked.is_negated else words


def _note(name: str, query: Query) -> str:
    """What figures are compared, where that is not plain."""
    if name != "price":
        return ""
    length = asked_length(query.conditions)
    return f"of a run of {length:g} s" if length else "of a typical run"
