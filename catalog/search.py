"""Search: which endpoints a question finds, in which order, and what would narrow it further.

The database finds the words (`search_index.py`); everything else, ranking included, happens
here, so that both databases answer alike. One answer costs two queries, whatever it finds.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

import orjson
from django.db import connection
from django.db.models import F, TextField
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Lower
from django.http import QueryDict

from catalog import search_index
from catalog.models import Endpoint

PAGE_SIZE = 48
TITLES = {  # parameter → heading, in the order of the page
    "category": "Category",
    "kind": "Kind",
    "license": "Licence",
    "tag": "Tags",
    "group": "Family",
}
SHOWN = {"category": 40, "tag": 16, "group": 12}
STATUSES = {
    "": "Listed",
    "active": "Active",
    "deprecated": "Deprecated",
    "gone": "No longer listed",
    "all": "All",
}
SORTS = {"": "Relevance", "newest": "Newest", "name": "Name", "price": "Price"}
_ORDERS: dict[str, list[Any]] = {
    "": ["position", "endpoint_id"],
    "newest": [F("published_at").desc(nulls_last=True), "position", "endpoint_id"],
    "name": [Lower("display_name"), "endpoint_id"],
    "price": [F("unit_price_usd").asc(nulls_last=True), "position", "endpoint_id"],
}
_MOST_WORDS, _LONGEST_WORD, _MOST_PICKED = 12, 64, 50
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Query:
    """Everything that `/models/` can be asked; nonsense in an address reads as not said."""

    q: str = ""
    picked: frozenset[tuple[str, str]] = frozenset()
    status: str = ""
    favourite: bool = False
    sort: str = ""
    page: int = 1

    @classmethod
    def from_params(cls, params: QueryDict, **fixed: str) -> Query:
        """The question in an address; `fixed` facets (a category's page) are always picked."""
        picked = {
            (name, value[:255])
            for name in TITLES
            if name not in fixed
            for value in params.getlist(name)[:_MOST_PICKED]
            if value
        }
        page = params.get("page", "1")
        return cls(
            q=" ".join(_plain(params.get("q", ""))[:300].split()),
            picked=frozenset((name, _plain(value)) for name, value in picked | set(fixed.items())),
            status=_one_of(STATUSES, params.get("status")),
            favourite=params.get("favourite") in {"1", "on", "true"},
            sort=_one_of(SORTS, params.get("sort")),
            page=int(page) if page.isascii() and page.isdigit() and len(page) < 7 else 1,
        )

    @classmethod
    def from_address(cls, address: str) -> Query:
        """The question in the query part of an address."""
        return cls.from_params(QueryDict(urlsplit(address).query))

    def values(self, name: str) -> frozenset[str]:
        """The values picked of one facet."""
        return frozenset(value for key, value in self.picked if key == name)

    def without(self, name: str) -> Query:
        """The same question without one of its filters, from its first page."""
        if name in TITLES:
            return replace(self, picked=frozenset(p for p in self.picked if p[0] != name), page=1)
        return replace(self, page=1, **{name: getattr(Query(), name)})

    def as_params(self, *hidden: str) -> str:
        """The question as a query string, `?` included unless it is empty; always written alike."""
        pairs: list[tuple[str, str]] = [("q", self.q)] if self.q else []
        pairs += sorted(pair for pair in self.picked if pair[0] not in hidden)
        pairs += [("status", self.status)] if self.status else []
        pairs += [("favourite", "1")] if self.favourite else []
        pairs += [("sort", self.sort)] if self.sort else []
        pairs += [("page", str(self.page))] if self.page > 1 else []
        return "?" + urlencode(pairs) if pairs else ""

    @property
    def phrases(self) -> list[list[str]]:
        """The words of `q`; what is written together (`v2.1`) stays together."""
        found: list[list[str]] = []
        for text in self.q.lower().split():
            words = [word[:_LONGEST_WORD] for word in _WORD.findall(text)]
            if words and sum(map(len, found)) + len(words) <= _MOST_WORDS:
                found.append(words)
        return found


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


class _Row(NamedTuple):
    """What ranking and counting read of an endpoint."""

    pk: int
    category: str
    kind: str
    license: str
    group: str
    tags: str
    status: str
    gone: Any
    endpoint_id: str
    display_name: str


def search(query: Query, starred: frozenset[int] = frozenset()) -> Answer:
    """One page of endpoints, and the counts of every facet with its own picks set aside.

    `starred` holds the ids of the asker's favourites.
    """
    hits, counts, only_missed = _sift(_rows(query), query, starred)
    if query.q and not query.sort:
        hits.sort(key=_rank(query))  # stable: upstream's order decides among equals
    pages = max(1, -(-len(hits) // PAGE_SIZE))
    page = min(max(query.page, 1), pages)
    shown = [row.pk for row in hits[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]]
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


def _rows(query: Query) -> Iterable[_Row]:
    found = Endpoint.objects.order_by(*_ORDERS[query.sort])
    if query.q:
        if not query.phrases:
            return []
        sql, parameter = search_index.matching(connection, query.phrases)
        found = found.filter(pk__in=RawSQL(sql, [parameter]))  # noqa: S611
    columns = ("pk", "category", "kind", "license_type", "group_key")
    # The tags as text: equal texts are parsed once for all, in `_tags`.
    rows = found.annotate(tag_text=Cast("tags", TextField())).values_list(
        *columns, "tag_text", "status", "gone_at", "endpoint_id", "display_name"
    )
    return map(_Row._make, rows)


def _sift(
    rows: Iterable[_Row], query: Query, starred: frozenset[int]
) -> tuple[list[_Row], dict[str, Counter[str]], Counter[str]]:
    """The rows that pass every filter; per facet the counts of those that pass all others;
    and, per filter, how many fail that one alone."""
    wanted = {name: values for name in TITLES if (values := query.values(name))}
    hits: list[_Row] = []
    counts: dict[str, Counter[str]] = {name: Counter() for name in TITLES}
    only_missed: Counter[str] = Counter()
    for row in rows:
        own = {
            "category": (row.category or "unknown",),
            "kind": (row.kind,),
            "license": (row.license,),
            "group": (row.group,),
            "tag": _tags(row.tags),
        }
        missed = [name for name, some in wanted.items() if some.isdisjoint(own[name])]
        if not _has_status(row, query.status):
            missed.append("status")
        if query.favourite and row.pk not in starred:
            missed.append("favourite")
        if not missed:
            hits.append(row)
            for name, found in own.items():
                counts[name].update(found)
        elif len(missed) == 1:
            only_missed[missed[0]] += 1
            if missed[0] in own:
                counts[missed[0]].update(own[missed[0]])
    return hits, counts, only_missed


def _has_status(row: _Row, status: str) -> bool:
    if status in {"", "all"}:
        return status == "all" or row.gone is None
    return (row.gone is not None) if status == "gone" else row.gone is None and row.status == status


@lru_cache(maxsize=8192)
def _tags(text: str) -> tuple[str, ...]:
    found = orjson.loads(text)
    return tuple({tag for tag in found if isinstance(tag, str)}) if isinstance(found, list) else ()


def _rank(query: Query) -> Any:
    """The contract of both databases: the very name or id, its beginning, its words, tags, the rest.

    Within each, what is deprecated comes last; then upstream's own order.
    """
    said = " ".join(word for words in query.phrases for word in words)
    words = [re.compile(rf"(?:^| ){re.escape(' '.join(words))}") for words in query.phrases]

    def rank(row: _Row) -> tuple[int, bool]:
        name, path = _words(row.display_name), _words(row.endpoint_id)
        alias = _words(row.endpoint_id.partition("/")[2])
        names = (name, path, alias)
        if said in names:
            tier = 0
        elif any(text.startswith(said) for text in names):
            tier = 1
        elif all(word.search(f"{path} {name}") for word in words):
            tier = 2
        else:
            text = f"{path} {name} {_words(row.category)} {_words(row.tags)}"
            tier = 3 if all(word.search(text) for word in words) else 4
        return tier, row.status == "deprecated" or row.gone is not None

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


def _one_of(known: Mapping[str, str], value: str | None) -> str:
    return value if value and value in known else ""


def _plain(text: str) -> str:
    """Without NUL and lone surrogates, which databases refuse."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "")
