"""The endpoints that meet each filter of a question, and what is left without one of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import and_

from catalog.filters.conditions import BY_DURATION, Condition, for_duration
from catalog.filters.vocabulary import FAVOURITE
from catalog.search.index import Index, Places
from catalog.search.query import Query


@dataclass(frozen=True)
class FilterSets:
    """A question's filters over an index.

    `base` is what the words find, `by_name` the endpoints that meet each filter: the key of its
    conditions, `status` or `favourite`.
    """

    index: Index
    query: Query
    base: Places
    by_name: dict[str, Places]

    @property
    def hits(self) -> Places:
        """What meets all filters."""
        return reduce(and_, self.by_name.values(), self.base)

    @property
    def filtered(self) -> Places:
        """What meets all filters, whatever its words."""
        return reduce(and_, self.by_name.values(), self.index.everything)

    def without(self, *names: str) -> Places:
        """What meets all filters but these."""
        kept = (places for name, places in self.by_name.items() if name not in names)
        return reduce(and_, kept, self.base)

    def with_status(self, status: str) -> Places:
        """The endpoints of a status; an empty one means all that are listed."""
        if status == "all":
            return self.index.everything
        if status == "gone":
            return self.index.having(Condition("is", ("gone",)))
        listed = self.index.having(Condition("is", ("gone",), is_negated=True))
        return listed & self.index.having(Condition("is", (status,))) if status else listed

    @property
    def depends_on_duration(self) -> bool:
        """Whether a price or a resolution is asked for, which depend on how long a video is."""
        return not BY_DURATION.isdisjoint(self.by_name)

    def with_duration(self, *duration: Condition) -> Places:
        """What meets all filters with another duration in the place of the present one."""
        depending = (one for one in self.query.conditions if one.key in BY_DURATION)
        kept = map(self.index.having, for_duration(depending, duration))
        return reduce(and_, kept, self.without("duration", *BY_DURATION))


def apply_filters(
    index: Index, query: Query, base: Places, starred: frozenset[int] = frozenset()
) -> FilterSets:
    """The sets of a question; `starred` are the primary keys of the asker's favourites."""
    found: dict[str, Places] = {}
    sets = FilterSets(index, query, base, found)
    found["status"] = sets.with_status(query.status)
    favourites = index.places_of(starred)
    if query.favourite:
        found["favourite"] = favourites
    for asked in query.conditions:
        if f"{asked.key}:{asked.values[0]}" == FAVOURITE:
            places = index.everything - favourites if asked.is_negated else favourites
        else:
            places = index.having(asked)
        found[asked.key] = found.get(asked.key, index.everything) & places
        if asked.accepts("is:gone") and not asked.is_negated and not query.status:
            found["status"] = index.everything  # asking for them lifts the default
    return sets
