"""Search: which endpoints a question finds, in which order, and what would narrow it further.

The database finds the words and says where (`search_index.py`); ranking and counting happen
here, so that both databases answer alike. One answer costs two queries, whatever it finds.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

import orjson
from django.db import connection
from django.db.models import Case, F, TextField, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Lower

from catalog import search_index
from catalog.models import Endpoint
from catalog.query import TITLES, Query

PAGE_SIZE = 48
SHOWN = {"category": 40, "tag": 16, "group": 12}
_ORDERS: dict[str, list[Any]] = {
    "": ["position", "endpoint_id"],
    "newest": [F("published_at").desc(nulls_last=True), "position", "endpoint_id"],
    "name": [Lower("display_name"), "endpoint_id"],
    "price": [F("unit_price_usd").asc(nulls_last=True), "position", "endpoint_id"],
}
_WORD = re.compile(r"[^\W_]+")

# A row as it comes: plain tuples, since there may be a hundred thousand of them.
_COLUMNS = [
    "pk",
    "category",
    "kind",
    "license_type",
    "group_key",
    "tag_text",
    "status",
    "gone_at",
    "endpoint_id",
    "display_name",
    "tier",
]
Row = tuple[Any, ...]
_facts = itemgetter(slice(1, 8))  # what filters and counts read
_PK, _STATUS, _GONE, _ID, _NAME, _TIER = 0, 6, 7, 8, 9, 10
_IN_NAME, _IN_TAGS, _ELSEWHERE = 2, 3, 4  # tiers; 0 is the very name, 1 its beginning


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
    """What dropping one filter would find: the way out of an empty answer."""

    title: str
    query: Query
    count: int


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


def search(query: Query, starred: frozenset[int] = frozenset()) -> Answer:
    """One page of endpoints, and the counts of every facet with its own picks set aside.

    `starred` holds the ids of the asker's favourites.
    """
    hits, counts, only_missed = _sift(_rows(query), query, starred)
    if query.is_ranked:
        hits.sort(key=_rank(query))  # stable: upstream's order decides among equals
    pages = max(1, -(-len(hits) // PAGE_SIZE))
    page = min(max(query.page, 1), pages)
    shown = [row[_PK] for row in hits[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]]
    endpoints = Endpoint.objects.for_cards().in_bulk(shown)
    return Answer(
        query=query,
        endpoints=[endpoints[pk] for pk in shown if pk in endpoints],
        total=len(hits),
        page=page,
        pages=pages,
        facets=_facets(counts, query),
        reliefs=_reliefs(only_missed, query) if not hits else [],
    )


def _rows(query: Query) -> list[Row]:
    found = Endpoint.objects.order_by(*_ORDERS[query.sort])
    tier: Case | Value = Value(_ELSEWHERE)
    if query.q:
        if not query.phrases:
            return []
        found = found.filter(pk__in=_having(query, "all"))
    if query.is_ranked:
        tier = Case(
            When(pk__in=_having(query, "name"), then=Value(_IN_NAME)),
            When(pk__in=_having(query, "tags"), then=Value(_IN_TAGS)),
            default=tier,
        )
    # The tags as text: equal texts are parsed once for all, in `_tags`.
    found = found.annotate(tag_text=Cast("tags", TextField()), tier=tier)
    return list(found.values_list(*_COLUMNS))


def _having(query: Query, where: str) -> RawSQL:
    sql, parameter = search_index.matching(connection, query.phrases, where)
    return RawSQL(sql, [parameter])  # noqa: S611


def _sift(
    rows: list[Row], query: Query, starred: frozenset[int]
) -> tuple[list[Row], dict[str, Counter[str]], Counter[str]]:
    """The rows that pass every filter; per facet the counts of those that pass all others;
    and, per filter, how many fail that one alone.

    Rows that agree in all facts are judged once.
    """
    hits: list[Row] = []
    counts: dict[str, Counter[str]] = {name: Counter() for name in TITLES}
    only_missed: Counter[str] = Counter()
    wanted = {name: values for name in TITLES if (values := query.values(name))}
    for missed_already, some in _by_favourite(rows, query, starred):
        passing = set()
        for facts, count in Counter(map(_facts, some)).items():
            own = _values(facts)
            missed = [name for name, values in wanted.items() if values.isdisjoint(own[name])]
            missed += (
                missed_already if _has_status(facts, query.status) else ["status", *missed_already]
            )
            if not missed:
                passing.add(facts)
            elif len(missed) == 1:
                only_missed[missed[0]] += count
            for name, these in own.items():
                if not missed or missed == [name]:
                    for value in these:
                        counts[name][value] += count
        hits += [row for row in some if _facts(row) in passing]
    return hits, counts, only_missed


def _by_favourite(
    rows: list[Row], query: Query, starred: frozenset[int]
) -> list[tuple[list[str], list[Row]]]:
    if not query.favourite:
        return [([], rows)]
    mine = [row for row in rows if row[_PK] in starred]
    others = [row for row in rows if row[_PK] not in starred]
    return [([], mine), (["favourite"], others)]


def _values(facts: Row) -> dict[str, tuple[str, ...]]:
    category, kind, license_type, group, tags, *_ = facts
    return {
        "category": (category or "unknown",),
        "kind": (kind,),
        "license": (license_type,),
        "tag": _tags(tags),
        "group": (group,),
    }


def _has_status(facts: Row, wanted: str) -> bool:
    *_, status, gone = facts
    if wanted == "all":
        return True
    if wanted == "gone":
        return gone is not None
    return gone is None and wanted in {"", status}


@lru_cache(maxsize=8192)
def _tags(text: str) -> tuple[str, ...]:
    found = orjson.loads(text)
    return tuple({tag for tag in found if isinstance(tag, str)}) if isinstance(found, list) else ()


def _rank(query: Query) -> Callable[[Row], tuple[int, bool]]:
    """The contract of both databases: the very name or id, its beginning, its words, tags, the rest.

    Within each, what is deprecated comes last; then upstream's own order.
    """
    said = " ".join(word for words in query.phrases for word in words)

    def rank(row: Row) -> tuple[int, bool]:
        tier = row[_TIER]
        if tier == _IN_NAME:
            alias = row[_ID].partition("/")[2]
            names = (_words(row[_NAME]), _words(row[_ID]), _words(alias))
            if said in names:
                tier = 0
            elif any(name.startswith(said) for name in names):
                tier = 1
        return tier, row[_STATUS] == "deprecated" or row[_GONE] is not None

    return rank


def _words(text: str) -> str:
    return " ".join(_WORD.findall(text.lower()))


def _facets(counts: Mapping[str, Counter[str]], query: Query) -> list[Facet]:
    found = []
    for name, title in TITLES.items():
        picked = query.values(name)
        counted = sorted(counts[name].items(), key=lambda item: (-item[1], item[0]))
        named = [(value, count) for value, count in counted if value]
        kept = [
            FacetValue(value, count, value in picked)
            for place, (value, count) in enumerate(named)
            if place < SHOWN.get(name, 16) or value in picked
        ]
        absent = sorted(picked - {value.value for value in kept})
        kept += [FacetValue(value, 0, True) for value in absent]
        if kept:
            found.append(Facet(name, title, kept))
    return found


def _reliefs(only_missed: Counter[str], query: Query) -> list[Relief]:
    titles = TITLES | {"status": "Status", "favourite": "Favourites only"}
    return [
        Relief(titles[name], query.without(name), count)
        for name, count in only_missed.most_common(3)
        # The default status is a filter too: to drop it is to ask for all of them.
        if not (name == "status" and not query.status)
    ]
