"""Search: which endpoints a question finds, in which order, and what would narrow it further.

The database finds the words of long texts (`search_index.py`), this process's index everything else
(`index.py`); ranking and counting are and, or and count of sets. One answer costs two queries,
whatever it finds: the words' and the cards'; a third where a slip is corrected, or where a rare word of
a large catalogue has company.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, reduce
from operator import and_
from typing import NamedTuple

from catalog.asking.conditions import BY_LENGTH, for_length
from catalog.asking.facts import FAVOURITE, KEYS, Condition, Hint, condition, doubt
from catalog.asking.wording import said
from catalog.finding import matching, spelling
from catalog.finding.index import Index, current
from catalog.finding.matching import Found
from catalog.models import Endpoint, Revision
from catalog.query import STATUSES, TITLES, Query

PAGE_SIZE = 48
_WEIGHED = 2000  # a larger level is ordered by merit alone
_OWN = {"favourite": "Favourites only", "status": "Status"}


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


@dataclass(frozen=True)
class Relief:
    """What dropping one filter, or one word, would find: the way out of an empty answer."""

    title: str
    query: Query
    count: int
    name: str = ""  # of the one filter that is dropped


@dataclass(frozen=True)
class Answer:
    """One page of what a question found."""

    query: Query
    endpoints: list[Endpoint]
    total: int
    page: int
    pages: int
    facets: list[Facet]
    reliefs: list[Relief]
    suggestions: list[Relief] = field(
        default_factory=list
    )  # questions near to one that finds nothing
    near: list[Endpoint] = field(default_factory=list)  # what fits most of the words
    asked: Query = field(default_factory=Query)  # as it was understood; mostly `query` itself
    found: Found | None = None
    hints: Sequence[Hint] = field(default_factory=tuple)

    @property
    def numbers(self) -> list[int]:
        """The pages worth a link: the ends and the neighbours; 0 stands for what is left out."""
        near = {1, self.pages, *range(self.page - 2, self.page + 3)}
        shown = sorted(n for n in near if 1 <= n <= self.pages)
        found: list[int] = []
        for n in shown:
            if found and n - found[-1] > 1:
                found.append(n - 1 if n - found[-1] == 2 else 0)
            found.append(n)
        return found


def search(
    query: Query, starred: frozenset[int] = frozenset(), *, index: Index | None = None
) -> Answer:
    """One page of endpoints, and the counts of every facet with its own picks set aside.

    `starred` holds the ids of the asker's favourites; `index` is the catalogue, when it is at hand.
    """
    index = index or current(Revision.current())
    asked, found = _understood(index, query, starred)
    base = _base(index, found)
    filters = _filters(index, asked, starred)
    hits = reduce(and_, filters.values(), base)
    total = hits.bit_count()
    pages = max(1, -(-total // PAGE_SIZE))
    page = min(max(query.page, 1), pages)
    shown = [index.keys[p] for p in _page(index, query, found, hits, page)]
    near = [index.keys[p] for p in _near(index, filters, found, total)]
    endpoints = index.cards([*shown, *near])
    return Answer(
        query=query,
        endpoints=[endpoints[key] for key in shown if key in endpoints],
        total=total,
        page=page,
        pages=pages,
        facets=_facets(index, asked, filters, base, hits),
        reliefs=_unmet(index, asked, found, starred)
        if total
        else _reliefs(index, query, filters, base),
        suggestions=[] if base or not query.text else _suggestions(index, query, filters),
        near=[endpoints[key] for key in near if key in endpoints],
        found=found,
        hints=[*asked.hints, *_doubts(index, query)],
        asked=asked,
    )


def hits(query: Query, starred: frozenset[int], index: Index) -> int:
    """Everything that a question finds, as a set of the index's places."""
    asked, found = _understood(index, query, starred)
    return _among(index, asked, found, starred)


def best(query: Query, most: int = PAGE_SIZE) -> list[Endpoint]:
    """The first endpoints of an answer, for those who want nothing else of it; `most` is a page or less."""
    index = current(Revision.current())
    asked, found = _understood(index, query, frozenset())
    among = _among(index, asked, found, frozenset())
    keys = [index.keys[place] for place in _page(index, query, found, among, 1)[:most]]
    endpoints = index.cards(keys)
    return [endpoints[key] for key in keys if key in endpoints]


def _understood(index: Index, query: Query, starred: frozenset[int]) -> tuple[Query, Found | None]:
    """The question that is answered, and what its words find.

    A wish in plain words that no name or text has all words of is asked in query words, if those find something.
    """
    found = matching.find(index, query.text) if query.text else None
    wished = query.wished if found and found.is_weak else None
    if wished:
        meant = matching.find(index, wished.text) if wished.text else None
        is_met = not (meant and meant.missed)
        if is_met and _among(index, wished, meant, starred):
            return wished, meant
    return query, found


def _among(index: Index, query: Query, found: Found | None, starred: frozenset[int]) -> int:
    return reduce(and_, _filters(index, query, starred).values(), _base(index, found))


def _unmet(
    index: Index, query: Query, found: Found | None, starred: frozenset[int]
) -> list[Relief]:
    """Of a wish that nothing meets, answered by its words alone: what of it to give up."""
    wished = query.wished if found and found.is_weak else None
    if not wished:
        return []
    meant = matching.find(index, wished.text) if wished.text else None
    filters = _filters(index, wished, starred)
    return [
        one for one in _reliefs(index, wished, filters, _base(index, meant)) if one.query.conditions
    ]


def _base(index: Index, found: Found | None) -> int:
    """What the words find; everything where none are to be searched for, or none is finished yet."""
    return found.everything if found else index.everything


Filters = dict[str, int]  # the name of what is asked for → the endpoints of which it holds


def _filters(index: Index, query: Query, starred: frozenset[int]) -> Filters:
    """Each condition in force with the endpoints that meet it; several of one key meet in one set."""
    found: Filters = {"status": _with_status(index, query.status)}
    if query.favourite:
        found["favourite"] = index.among(starred)
    for asked in query.conditions:
        if FAVOURITE.endswith(f":{asked.values[0]}") and asked.key == "is":
            bits = index.among(starred)
            bits = index.everything ^ bits if asked.is_negated else bits
        else:
            bits = index.having(asked)
        found[asked.key] = found.get(asked.key, index.everything) & bits
        if asked.accepts("is:gone") and not asked.is_negated and not query.status:
            found["status"] = index.everything  # who asks for them means them
    return found


def _with_status(index: Index, wanted: str) -> int:
    gone = index.having(Condition("is", ("gone",)))
    if wanted == "all":
        return index.everything
    if wanted == "gone":
        return gone
    listed = index.everything ^ gone
    return listed & index.having(Condition("is", (wanted,))) if wanted else listed


def _page(index: Index, query: Query, found: Found | None, hits: int, page: int) -> list[int]:
    """The places on a page of the answer, in its order."""
    start, end = (page - 1) * PAGE_SIZE, page * PAGE_SIZE
    if found is None or query.sort:
        return index.first(hits, end, query.sort)[start:]
    return _best(index, found.levels, hits, end, found.used)[start:]


def _near(index: Index, filters: Filters, found: Found | None, total: int) -> list[int]:
    """Where few have all the words: the best of those that miss some."""
    if found is None or not 0 < total < matching.FEW:
        return []
    others = reduce(and_, filters.values(), index.everything) & ~found.everything
    return _best(index, found.near, others, 2 * matching.FEW - total, found.used)


def _best(
    index: Index, levels: Sequence[int], among: int, count: int, used: Sequence[str]
) -> list[int]:
    """The first so many places, level by level."""
    words = max(1, sum(len(word.split()) for word in used))
    shown: list[int] = []
    for level in levels:
        shown += _in_order(index, level & among, count - len(shown), words)
        among &= ~level
        if len(shown) >= count:
            break
    return shown


def _in_order(index: Index, level: int, count: int, words: int) -> list[int]:
    """The best of equals: short names that the words nearly fill, then by merit; old ones last."""
    size = level.bit_count()
    if not size or count < 1:
        return []
    if size > _WEIGHED:
        return index.first(level, count, "best")
    merit, lengths = index.merit, index.names.lengths
    places = index.first(level, size, "")
    return heapq.nsmallest(
        count, places, key=lambda p: (-merit[p] - 0.8 * words / max(words, lengths[p]), p)
    )


def _facets(index: Index, query: Query, filters: Filters, base: int, hits: int) -> list[Facet]:
    found = []
    for name, title in TITLES.items():
        key, picked = KEYS[name], query.values(name)
        among = hits
        if name in filters and not key.joins_all:
            among = reduce(and_, (bits for own, bits in filters.items() if own != name), base)
        offered = key.steps if key.is_number else key.values
        if offered:
            counted = _counted(index, query, filters, base, among, name, offered)
        else:
            counted = [
                (fact.partition(":")[2], n) for fact, n in index.count(name, among, key.shown)
            ]
        values = [FacetValue(v, n, v in picked) for v, n in counted if n or v in picked]
        absent = sorted(picked - {value.value for value in values})
        alone = _counted(index, query, filters, base, among, name, absent)
        values += [FacetValue(value, number, True) for value, number in alone]
        if values:
            found.append(Facet(name, title, values))
    return found


def _counted(
    index: Index,
    query: Query,
    filters: Filters,
    base: int,
    among: int,
    name: str,
    values: Sequence[str],
) -> list[tuple[str, int]]:
    """What picking each value finds among what the other filters leave."""
    found = []
    for value, asked in _asked(name, values, query):
        left = _lasting(index, query, filters, base, asked) if name == "duration" else among
        found.append((value, (index.having(asked) & left).bit_count()))
    return found


def _lasting(index: Index, query: Query, filters: Filters, base: int, *length: Condition) -> int:
    """What the other filters leave of videos of that length, on which prices and resolutions depend."""
    kept = (bits for own, bits in filters.items() if own not in {"duration", *BY_LENGTH})
    depending = for_length((c for c in query.conditions if c.key in BY_LENGTH), length)
    return reduce(and_, map(index.having, depending), reduce(and_, kept, base))


def _asked(name: str, values: Sequence[str], query: Query) -> list[tuple[str, Condition]]:
    """What picking each value would ask for; prices and resolutions for the length that is asked for."""
    known = _known(name, tuple(values))
    priced = for_length((one for _, one in known), query.conditions)
    return [(value, one) for (value, _), one in zip(known, priced, strict=True)]


@lru_cache(maxsize=512)
def _known(name: str, values: tuple[str, ...]) -> list[tuple[str, Condition]]:
    return [(value, asked) for value in values if (asked := condition(name, value))]


def _reliefs(index: Index, query: Query, filters: Filters, base: int) -> list[Relief]:
    """What to give up where nothing is found, what gives most back first: one filter, the words, all filters.

    Before all of them the very thing that was asked for, where upstream has taken it away.
    """
    found = []
    for name in filters:
        if name == "status" and not query.status:
            continue  # the default is a filter too: to drop it is to ask for all of them
        left = reduce(and_, (bits for own, bits in filters.items() if own != name), base)
        left = _lasting(index, query, filters, base) if name == "duration" else left
        left = left & _with_status(index, query.status) if name == "is" else left
        if left:
            mine = (said(one) for one in query.conditions if one.key == name)
            title = _OWN.get(name) or ", ".join(mine)
            found.append(Relief(f"Without “{title}”", query.without(name), left.bit_count(), name))
    found.sort(key=lambda relief: -relief.count)
    asked = reduce(and_, filters.values(), index.everything)
    if query.text and asked and (query.conditions or query.favourite):
        found.append(Relief(f"Without “{query.plain}”", query.saying(""), asked.bit_count()))
    listed = base & _with_status(index, "")
    if not found and listed:
        found.append(Relief("Without any filter", query.bare(), listed.bit_count()))
    return [*_taken_away(index, query, filters, base), *found[:4]]


def _taken_away(index: Index, query: Query, filters: Filters, base: int) -> list[Relief]:
    kept = (bits for name, bits in filters.items() if name != "status")
    gone = reduce(and_, kept, base) & _with_status(index, "gone")
    if query.status or not gone:
        return []
    return [Relief(STATUSES["gone"], replace(query, status="gone", page=1), gone.bit_count())]


def _suggestions(index: Index, query: Query, filters: Filters) -> list[Relief]:
    """The nearest questions that find something, with what they find."""
    known = index.pieces
    near = spelling.nearest(spelling.plain(query.text), known)
    asked = reduce(and_, filters.values(), index.everything)
    counted = [(word, matching.find(index, word).everything & asked) for word in near]
    return [Relief(word, query.saying(word), bits.bit_count()) for word, bits in counted if bits]


def _doubts(index: Index, query: Query) -> list[Hint]:
    hints = (doubt(asked, index.facts(asked.key)) for asked in query.conditions)
    return [hint for hint in hints if hint]
