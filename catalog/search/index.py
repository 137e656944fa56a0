"""The search index of the catalogue in memory: words, facts and orders, by place.

A place is an endpoint's rank in upstream's order, approved, then pinned ones first. One pass over
plain rows builds everything; the index is valid for one revision of the catalogue.
"""

from __future__ import annotations

import heapq
import logging
import math
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Set
from datetime import datetime
from functools import cached_property
from itertools import chain
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import Case, Count, Sum, When

from catalog.filters.conditions import BY_DURATION, Condition, numbers_of
from catalog.filters.facts import Listing, facts_of, texts, usual_s
from catalog.filters.vocabulary import OPEN_FACETS
from catalog.models import Endpoint, Favourite, Mark, Revision
from catalog.naming import is_special
from catalog.pricing import keep_usual
from catalog.search.full_text import index_labels, index_names, index_texts
from catalog.search.tokenizer import synonym_words
from core.byte_cache import ByteCache
from core.db.name_order import sort_key

log = logging.getLogger(__name__)

AT_ONCE = 5000  # endpoints: a larger index is rebuilt in the background, a smaller one at once
MOST_SETS = 2000  # of conditions, cached with the index
REST = 10  # a background rebuild waits this many times the duration of the one before it
OLDEST_S = 600.0  # maximum age, because new runs do not renew the revision
UPSTREAM_ORDER = ("-pinned", "-highlighted", "position", "endpoint_id")
_POPULARITY_WEIGHT = 0.25  # merit per doubling; position and freshness together are at most 1
_APPROVED_MERIT = 10.0  # more than any use: of equally good matches, the approved ones come first
_YEAR_S = 365 * 86400.0
_CARDS_BYTES = 8 << 20
_CARD_BYTES = 3000  # about

Places = Set[int]


class Index:
    """Every endpoint at one revision. Immutable except for values computed on first use.

    `rows` are primary key, `field_words` and the columns of a `Listing`; `popular` counts runs and
    stars by primary key.
    """

    def __init__(self, token: str, rows: Iterable[tuple[Any, ...]], popular: Counter[int]) -> None:
        self.token = token
        self.keys: list[int] = []
        listings: list[Listing] = []
        field_words: list[str] = []
        for key, words, *columns in rows:
            self.keys.append(key)
            field_words.append(words)
            listings.append(Listing._make(columns))
        self.places = {key: place for place, key in enumerate(self.keys)}
        self.everything: Places = frozenset(range(len(self.keys)))
        self.names = index_names(tuple((row.display_name, row.endpoint_id) for row in listings))
        self.labels = index_labels(tuple((row.category, *texts(row.tags)) for row in listings))
        self.descriptions = index_texts(tuple(row.description for row in listings))
        self.fields = index_texts(tuple(field_words))
        self._with_fact: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
        self.special: Places = frozenset(
            place
            for place, listing in enumerate(listings)
            if is_special(listing.endpoint_id, listing.display_name)
        )
        self._counted: list[list[str]] = []  # per endpoint: the facts of open facets
        self._prices: list[str] = []
        for place, listing in enumerate(listings):
            facts = list(map(sys.intern, facts_of(listing)))  # equal ones are compared by identity
            for fact in facts:
                self._with_fact[fact.partition(":")[0]][fact].add(place)
            price = next((fact for fact in facts if fact.startswith("price:")), "price:inf")
            # A model without a price comes last by price, not first.
            self._prices.append(price.removeprefix("price:"))
            self._counted.append([fact for fact in facts if fact.partition(":")[0] in OPEN_FACETS])
        self._having: dict[tuple[Condition, float | None], Places] = {}
        self._cards: ByteCache[Endpoint] = ByteCache(
            "catalog.search.cards", _CARDS_BYTES, lambda card: _CARD_BYTES
        )
        self.synonym_depths: dict[tuple[str, ...], dict[int, int]] = {}  # see `matching.py`
        self.merit = _static_rank(listings, map(popular.__getitem__, self.keys))
        self._sort_keys = {name: list(map(key, listings)) for name, key in _SORT_KEYS.items()}

    def facts(self, key: str) -> Set[str]:
        """Return the facts of a key that occur in the catalogue."""
        return self._with_fact[key].keys()

    def having(self, condition: Condition, seconds: float | None = None) -> Places:
        """Return the endpoints that meet a condition, for a run of `seconds`."""
        key = condition, seconds if condition.key in BY_DURATION else None
        matching = self._having.get(key)
        if matching is None:
            facts = self._with_fact[condition.key].items()
            sets = (places for fact, places in facts if condition.accepts(fact, key[1]))
            matching = frozenset[int]().union(*sets)
            matching = self.everything - matching if condition.is_negated else matching
            if len(self._having) > MOST_SETS:
                self._having.clear()
            self._having[key] = matching
        return matching

    @cached_property
    def priced(self) -> Places:
        """The endpoints with a known price per unit."""
        return frozenset[int]().union(*self._with_fact["per"].values())

    def count_facts(self, hits: Places) -> Counter[str]:
        """Count the hits by fact, for the facets whose values come from the catalogue."""
        return Counter(chain.from_iterable(map(self._counted.__getitem__, hits)))

    @staticmethod
    def most_common(key: str, counts: Counter[str], most: int) -> list[tuple[str, int]]:
        """Return the values of a key with the largest counts; by count, then by name."""
        facts = ((fact.partition(":"), count) for fact, count in counts.items())
        value_counts = ((value, count) for (of, _, value), count in facts if of == key)
        return heapq.nsmallest(most, value_counts, key=lambda item: (-item[1], item[0]))

    def sort_key(self, order: str, seconds: float | None = None) -> Callable[[int], Any]:
        """Return a sort key for places: upstream's order, `price`, or one of `_SORT_KEYS`.

        Prices are for a run of `seconds`, else of each model's usual length.
        """
        if order == "price":
            last = math.inf, math.inf
            prices = self._prices
            return lambda place: (numbers_of("price", prices[place], seconds) or last, place)
        if order:
            keys = self._sort_keys[order]
            return lambda place: (keys[place], place)
        return int  # a place is the rank in upstream's order

    def places_of(self, keys: Iterable[int]) -> Places:
        """Return the places of primary keys; skips keys that are not in the index."""
        return {self.places[key] for key in keys if key in self.places}

    def cards(self, keys: Iterable[int]) -> dict[int, Endpoint]:
        """Return the endpoints for cards by primary key; one query for all not cached yet.

        The objects are shared and must not be changed. Endpoints deleted meanwhile are missing.
        """
        card_keys = list(keys)
        cards = {key: card for key in card_keys if (card := self._cards.get(key))}
        if missing := [key for key in card_keys if key not in cards]:
            for card in Endpoint.objects.for_cards().filter(pk__in=missing).order_by():
                keep_usual(card)
                self._cards.put(card.pk, card)
                cards[card.pk] = card
        return cards

    def is_word(self, word: str) -> bool:
        """Return whether a name, a tag or a category has this word."""
        return word in self.names or word in self.labels

    def begins_word(self, beginning: str) -> bool:
        """Return whether a word of a name, a tag or a category has this prefix."""
        return bool(self.names.completions(beginning) or self.labels.completions(beginning))

    @cached_property
    def pieces(self) -> Counter[str]:
        """Words that may have been joined into one: those of names, labels and synonyms."""
        names = Counter(self.labels.word_counts(3)) | Counter(self.names.word_counts(3))
        return names + Counter(synonym_words())

    @cached_property
    def vocabulary(self) -> Counter[str]:
        """Candidates for correcting a misspelt word, with weights: a name's word counts thrice."""
        weights = Counter(self.descriptions.word_counts(4))
        weights.update({w: 3 * count for w, count in self.pieces.items() if w.isalpha()})
        return weights


def _static_rank(listings: list[Listing], popularity: Iterable[int]) -> list[float]:
    """Return each place's merit, which ranks equal results: use, upstream's order, freshness."""
    published = [
        listing.published_at.timestamp() if listing.published_at else 0.0 for listing in listings
    ]
    newest = max(published, default=0.0)
    merit = []
    for place, (listing, at, uses) in enumerate(zip(listings, published, popularity, strict=True)):
        # Last week's model comes before last year's; between old models there is no difference.
        fresh = 0.5 ** ((newest - at) / _YEAR_S) if at else 0.0
        liked = _POPULARITY_WEIGHT * math.log2(1 + uses)
        is_old = listing.gone_at is not None or listing.status == "deprecated"
        own = liked + 0.6 * (1 - place / len(listings)) + 0.4 * fresh
        # "wan" means the models that make films; trainers of the same name come after them.
        own += _APPROVED_MERIT * (listing.mark == Mark.APPROVED)
        merit.append(own - 0.3 * (listing.kind == "training") - 1000 * is_old)
    return merit


def _latest_first(moment: datetime | None) -> float:
    return -moment.timestamp() if moment else math.inf


_SORT_KEYS: dict[str, Callable[[Listing], Any]] = {
    "name": lambda row: sort_key(row.display_name),
    "newest": lambda row: _latest_first(row.published_at),
    "changed": lambda row: _latest_first(row.updated_at),
    "fastest": lambda row: math.inf if (seconds := usual_s(row)) is None else seconds,
}


class _ProcessCache:
    """This process's index, and when it was built."""

    def __init__(self) -> None:
        self.index: Index | None = None
        self.built_at = 0.0
        self.cost_s = 0.0
        self.lock = threading.Lock()


_cache = _ProcessCache()


def current(revision: str, *, at_once: int = AT_ONCE, rest: float = REST) -> Index:
    """Return the index at a revision.

    With more than `at_once` endpoints it may be some seconds out of date: a thread rebuilds it, but
    not before `rest` times the duration of the last rebuild has passed, so that a sync does not
    cause one after the other. The index's `token` is the revision that it was built from.
    """
    index, age = _cache.index, time.monotonic() - _cache.built_at
    if index is not None and index.token == revision and age < OLDEST_S:
        return index
    if index is not None and len(index.keys) > at_once:
        if age > rest * _cache.cost_s and _cache.lock.acquire(blocking=False):
            threading.Thread(target=_rebuild_aside, name="search index", daemon=True).start()
        return index
    with _cache.lock:
        if _cache.index is None or _cache.index is index or _cache.index.token != revision:
            _cache.index = _build()
        return _cache.index


def _rebuild_aside() -> None:
    try:
        _cache.index = _build()
    except Exception:
        log.exception("The search index could not be rebuilt; the one before it stays in use.")
    finally:
        _cache.built_at = time.monotonic()
        _cache.lock.release()
        connection.close()


def _build() -> Index:
    started = time.monotonic()
    token = Revision.current()  # before the rows: at worst the index is built once more
    is_approved = Case(When(mark=Mark.APPROVED, then=0), default=1)
    endpoints = Endpoint.objects.order_by(is_approved, *UPSTREAM_ORDER)
    rows = endpoints.values_list("pk", "field_words", *Listing._fields)
    index = Index(token, rows.iterator(chunk_size=2000), _popularity())
    _cache.built_at = time.monotonic()
    _cache.cost_s = _cache.built_at - started
    return index


def _popularity() -> Counter[int]:
    """Count the team's runs and stars by endpoint key; a star counts as three runs.

    Runs are counted by daily sums: each change of the catalogue would count a million rows.
    """
    days = apps.get_model("playground", "DailySum")._default_manager.filter(kind="model")
    popularity: Counter[int] = Counter()
    for rows, count, weight in ((days, Sum("runs"), 1), (Favourite.objects, Count("pk"), 3)):
        for key, number in rows.order_by().values_list("endpoint_id").annotate(count):
            popularity[key] += weight * number
    return popularity
