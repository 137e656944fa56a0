"""The query of `/models/` and its URL parameters; each determines the other."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from urllib.parse import urlencode, urlsplit

from django.http import QueryDict

from catalog.filters.conditions import Condition, asked_length, combine, parse_condition
from catalog.filters.query_parser import ParsedQuery, parse_query, replace_words
from catalog.filters.vocabulary import KEYS
from fal.db_safe import db_safe_text

STATUSES = {
    "": "Listed",
    "active": "Active",
    "deprecated": "Deprecated",
    "gone": "No longer listed",
    "all": "All",
}
SORTS = {
    "": "Relevance",
    "newest": "Newest",
    "changed": "Recently changed",
    "fastest": "Fastest",
    "name": "Name",
    "price": "Cheapest first",
    "keeper": "Best record",
    "used": "Most used here",
}
_MOST_PICKED = 50


@dataclass(frozen=True)
class Query:
    """A query of `/models/`; invalid URL parameters are ignored."""

    q: str = ""
    picked: frozenset[tuple[str, str]] = frozenset()
    status: str = ""
    favourite: bool = False
    locked: bool = False  # only models that the project's rules lock; see `catalog/locks.py`
    sort: str = ""
    page: int = 1
    is_gallery: bool = False  # hides models for tests and locked ones unless asked for them

    @classmethod
    def from_params(cls, params: QueryDict, **fixed: str) -> Query:
        """Parse URL parameters; `fixed` facets (a category's page) are always selected."""
        picked_facts = {
            (name, condition.values[0])  # in canonical spelling
            for name in KEYS
            if name not in fixed
            for raw_value in params.getlist(name)[:_MOST_PICKED]
            if (value := db_safe_text(raw_value)[:255])
            and (condition := parse_condition(name, value))
        }
        page = params.get("page", "1")
        return cls(
            q=" ".join(db_safe_text(params.get("q", ""))[:300].split()),
            picked=frozenset(
                picked_facts | {(name, db_safe_text(value)) for name, value in fixed.items()}
            ),
            status=_one_of(STATUSES, params.get("status")),
            favourite=params.get("favourite") in {"1", "on", "true"},
            locked=params.get("allowed") == "0",
            sort=_one_of(SORTS, params.get("sort")),
            page=max(int(page), 1) if page.isascii() and page.isdigit() and len(page) < 7 else 1,
        )

    @classmethod
    def from_address(cls, address: str) -> Query:
        """Parse the query string of a URL."""
        return cls.from_params(QueryDict(urlsplit(address).query))

    def values(self, name: str) -> frozenset[str]:
        """Return the selected values of one facet."""
        return frozenset(value for key, value in self.picked if key == name)

    def without(self, name: str) -> Query:
        """Return the query without one of its filters, selected or typed, on its first page."""
        if name not in KEYS:
            return replace(self, page=1, **{name: getattr(Query(), name)})
        q = self.q
        for piece, condition in self.parsed.taken:
            if condition.key == name:
                q = replace_words(q, piece)
        remaining_facts = frozenset(pair for pair in self.picked if pair[0] != name)
        return replace(self, q=q, picked=remaining_facts, page=1)

    def with_word(self, word: str, other: str) -> Query:
        """Return the query with a typed word replaced; an empty one removes it."""
        return replace(self, q=replace_words(self.q, word, other))

    def saying(self, text: str) -> Query:
        """Return the query with other search words; its filters stay."""
        filter_words = [piece for piece, _ in self.parsed.taken]
        words = [*text.split(), *filter_words, *self.parsed.sort_words.split()]
        return replace(self, q=" ".join(words), page=1)

    def bare(self) -> Query:
        """The search words without any filter."""
        return Query(q=self.text, sort=self.sort)

    def as_params(self, *hidden: str) -> str:
        """Return the canonical query string, with `?` unless it is empty."""
        pairs: list[tuple[str, str]] = [("q", self.q)] if self.q else []
        pairs += sorted(pair for pair in self.picked if pair[0] not in hidden)
        pairs += [("status", self.status)] if self.status else []
        pairs += [("favourite", "1")] if self.favourite and "favourite" not in hidden else []
        pairs += [("allowed", "0")] if self.locked else []
        pairs += [("sort", self.sort)] if self.sort else []
        pairs += [("page", str(self.page))] if self.page > 1 else []
        return "?" + urlencode(pairs) if pairs else ""

    @property
    def is_open(self) -> bool:
        """Whether the query selects everything that is listed."""
        return not (self.q or self.picked or self.status or self.favourite or self.locked)

    @property
    def parsed(self) -> ParsedQuery:
        """`q`, parsed."""
        return parse_query(self.q)

    @property
    def text(self) -> str:
        """The part of `q` for full-text search."""
        return self.parsed.text

    @property
    def plain(self) -> str:
        """`text` without its quotation marks."""
        return " ".join(self.text.replace('"', " ").split())

    @property
    def order(self) -> str:
        """The requested order: of the URL, else of the words."""
        return self.sort or self.parsed.sort

    def requiring(self, words: str) -> Query:
        """Return the query with its text replaced by query words; its other filters stay."""
        return replace(self, q=replace_words(self.q, self.text, words), page=1)

    def relaxed(self, dropped: Collection[Condition]) -> Query:
        """Return the query without some of its typed conditions."""
        q = self.q
        for piece, condition in self.parsed.taken:
            if condition in dropped:
                q = replace_words(q, piece)
        return replace(self, q=q)

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """The typed and selected conditions, combined."""
        picks = (parse_condition(name, value) for name, value in sorted(self.picked))
        return combine([*self.parsed.conditions, *(pick for pick in picks if pick)])

    @cached_property
    def seconds(self) -> float | None:
        """The requested length in seconds, for comparing prices and resolutions."""
        return asked_length(self.conditions)


def _one_of(choices: Mapping[str, str], value: str | None) -> str:
    return value if value and value in choices else ""
