"""The facets of an answer: their values, each with how many endpoints picking it would find."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from catalog.filters.conditions import Condition, for_duration, parse_condition
from catalog.filters.vocabulary import KEYS
from catalog.search.filter_sets import FilterSets
from catalog.search.index import Places
from catalog.search.query import TITLES
from core.byte_cache import byte_cached


@dataclass(frozen=True)
class FacetValue:
    """One value of a facet and what picking it would find."""

    value: str
    count: int
    is_picked: bool


class Facet(NamedTuple):
    """One way to narrow the answer."""

    name: str
    title: str
    values: list[FacetValue]


def count_facets(sets: FilterSets, hits: Places) -> list[Facet]:
    """Every facet that has values, in the order of the page; its own picks are set aside.

    `hits` is what meets all filters.
    """
    counts = sets.index.count_facts(hits)
    found = []
    for name, title in TITLES.items():
        key, picked = KEYS[name], sets.query.values(name)
        is_set_aside = name in sets.by_name and not key.joins_all
        among = sets.without(name) if is_set_aside else hits
        offered = key.steps or key.values
        if offered:
            counted = _count_values(sets, among, name, offered)
        else:
            of_name = sets.index.count_facts(among) if is_set_aside else counts
            common = sets.index.most_common(name, of_name, key.shown)
            counted = [(fact.partition(":")[2], count) for fact, count in common]
        values = [FacetValue(v, n, v in picked) for v, n in counted if n or v in picked]
        absent = sorted(picked - {value.value for value in values})
        values += [FacetValue(v, n, True) for v, n in _count_values(sets, among, name, absent)]
        if values:
            found.append(Facet(name, title, values))
    return found


def _count_values(
    sets: FilterSets, among: Places, name: str, values: Sequence[str]
) -> list[tuple[str, int]]:
    """What picking each value finds; prices are compared for the length asked for."""
    known = _conditions(name, tuple(values))
    is_varied = name == "duration" and sets.depends_on_duration
    found = []
    for (value, _), asked in zip(
        known, for_duration((one for _, one in known), sets.query.conditions), strict=True
    ):
        left = sets.with_duration(asked) if is_varied else among
        found.append((value, len(sets.index.having(asked) & left)))
    return found


@byte_cached(1 << 20)
def _conditions(name: str, values: tuple[str, ...]) -> list[tuple[str, Condition]]:
    return [(value, asked) for value in values if (asked := parse_condition(name, value))]
