"""The catalogue as search needs it, in this process's memory: facts, names and orders, by place.

A place is an endpoint's rank in upstream's order. One pass over plain rows builds everything; the
revision token says whether it is still right. Long texts stay in the database (`search_index.py`).
"""

from __future__ import annotations

import heapq
import logging
import math
import threading
import time
from array import array
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Collection, Iterable, Sequence
from functools import cached_property, lru_cache
from itertools import chain, islice
from typing import Any

import orjson
from django.db import connection
from django.db.models import BigAutoField, Count, TextField
from django.db.models.functions import Cast

from catalog.asking.facts import Condition, Listing, facts_of
from catalog.finding import bitmaps, search_index, spelling, synonyms
from catalog.finding.names import Names
from catalog.finding.search_index import Phrase, Sought
from catalog.models import Endpoint, Favourite, Revision
from catalog.prepared import Prepared, Slots

log = logging.getLogger(__name__)

AT_ONCE = 5000  # an index of no more endpoints is made anew at once, a larger one behind the scenes
REST = 10  # … and at most so often that nine tenths of the time go to other things
OLDEST_S = 600.0  # runs are counted anew so often; everything else renews the revision
_SMALL = 4096  # up to here every set is a bitmap; above, a small set is a list of places
_WORTH = 0.25  # merit of a doubled popularity; upstream's order and freshness are within 1 together
_OPEN = ("tag:", "group:")  # keys with so many values that few hits are counted row by row
_MOST_READ = 20_000  # descriptions, for their words: what is in none of these is no common word
_MOST_SAID = 400  # phrases whose places are kept
_MOST_CARDS = 5000  # about three kilobytes each
_YEAR_S = 365 * 86400.0
_CARDS = Prepared(
    lambda: Endpoint.objects.for_cards().filter(pk__in=Slots("keys", BigAutoField())).order_by()
)

Places = Sequence[int]


class Index:
    """Every endpoint under one revision. Immutable, but for what it works out when first asked."""

    def __init__(self, token: str, rows: Iterable[tuple[Any, ...]], popular: Counter[int]) -> None:
        self.token = token
        self.keys: list[int] = []
        listings: list[tuple[Any, ...]] = []
        sets: dict[str, list[int]] = defaultdict(list)
        self.names = Names()
        self._open: dict[str, list[tuple[str, ...]]] = {key: [] for key in _OPEN}
        shared: dict[tuple[str, ...], tuple[str, ...]] = {}
        for place, (key, *columns) in enumerate(rows):
            listing = _read(columns)
            self.keys.append(key)
            facts = facts_of(listing)
            for fact in facts:
                sets[fact].append(place)
            for name, found in self._open.items():
                mine = tuple([fact for fact in facts if fact.startswith(name)])
                found.append(shared.setdefault(mine, mine))
            self.names.add(place, listing)
            listings.append(
                (
                    listing.display_name.lower(),
                    listing.published_at.timestamp() if listing.published_at else None,
                    listing.unit_price_usd,
                    listing.gone_at is not None or listing.status == "deprecated",
                    listing.kind == "training",
                )
            )
        self.size = len(self.keys)
        self.names.finish(self.size)
        self.places = {key: place for place, key in enumerate(self.keys)}
        self.everything = bitmaps.everything(self.size)
        self._sets: dict[str, int | Places] = {f: self._packed(p) for f, p in sets.items()}
        by_key: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for fact, found_places in sets.items():
            by_key[fact.partition(":")[0]].append((-len(found_places), fact))
        self._by_key = {key: sorted(counted) for key, counted in by_key.items()}
        self._having: dict[Condition, int] = {}
        # What else finds a line of the table of synonyms; there are as many as the table has lines.
        self.alike: dict[tuple[str, ...], tuple[int, int, list[Phrase]]] = {}
        self._said: OrderedDict[Sought, int] = OrderedDict()
        self._cards: OrderedDict[int, Endpoint] = OrderedDict()
        self.orders = _orders(listings, self.keys, popular)
        self.merit = self.orders.pop("merit")

    def facts(self, key: str) -> list[str]:
        """The facts of a key, those of most endpoints first."""
        return [fact for _, fact in self._by_key.get(key, [])]

    def having(self, condition: Condition) -> int:
        """The endpoints of which a condition holds."""
        found = self._having.get(condition)
        if found is None:
            if len(self._having) > 2000:
                self._having.clear()
            found = self._having[condition] = self._hold(condition)
        return found

    def said(self, sought: Sequence[Sought], among: int | None = None) -> list[int]:
        """Where long texts have the phrases, as the database says; one query for all that is not at hand.

        `among` says where it matters, if that is in few places.
        """
        lost = [one for one in dict.fromkeys(sought) if one not in self._said]
        found: dict[Sought, int] = {}
        if lost:
            keys = (
                None
                if among is None
                else [self.keys[place] for place in bitmaps.places(among, self.size)]
            )
            sql, parameters = search_index.matching(connection, lost, keys)
            with connection.cursor() as cursor:
                cursor.execute(sql, parameters)
                rows = cursor.fetchall()
            found = {lost[n]: self.among(orjson.loads(ids)) if ids else 0 for n, ids in rows}
        if among is None:
            self._said |= found
        answer = [found[one] if one in found else self._said[one] for one in sought]
        while len(self._said) > _MOST_SAID:
            self._said.popitem(last=False)
        return answer

    def cards(self, keys: Iterable[int]) -> dict[int, Endpoint]:
        """What the cards of these endpoints show, by primary key; one query for all that are not at hand.

        They are the same objects for everybody: nobody may change them. Who is gone meanwhile is left out.
        """
        wanted = list(keys)
        found = {key: card for key in wanted if (card := self._cards.get(key))}
        if lost := [key for key in wanted if key not in found]:
            fresh = {card.pk: card for card in _CARDS.all(keys=lost)}
            self._cards.update(fresh)
            found |= fresh
        while len(self._cards) > _MOST_CARDS:
            self._cards.popitem(last=False)
        return found

    def forget(self) -> None:
        """Ask the database again for every phrase: for measuring."""
        self._said.clear()

    def among(self, found: Collection[int]) -> int:
        """The set of the endpoints with these primary keys."""
        places = self.places
        try:  # mostly everybody is known, and to be asked for one by one costs half as much again
            known = [*map(places.__getitem__, found)]
        except KeyError:
            known = [at for at in map(places.get, found) if at is not None]
        return bitmaps.of(known, self.size)

    def count(self, key: str, hits: int, most: int) -> list[tuple[str, int]]:
        """The facts of a key that most of the hits have, with how many; by number, then by name."""
        total = hits.bit_count()
        if self.size > _SMALL and f"{key}:" in self._open and total < self.size / 4:
            rows = self._open[f"{key}:"]
            places = bitmaps.places(hits, self.size)
            found = Counter(chain.from_iterable(map(rows.__getitem__, places)))
            return heapq.nsmallest(most, found.items(), key=lambda item: (-item[1], item[0]))
        best: list[tuple[int, str]] = []
        flags = bitmaps.flags(hits, self.size) if self.size > _SMALL else b""
        for most_possible, fact in self._by_key.get(key, []):
            if len(best) == most and (most_possible, fact) > best[-1]:
                break  # nobody that comes now can have more
            bits = self._sets[fact]
            if isinstance(bits, int):
                number = (bits & hits).bit_count()
            else:
                number = sum(map(flags.__getitem__, bits))
            if number:
                best.append((-number, fact))
                best.sort()
                del best[most:]
        return [(fact, -number) for number, fact in best]

    def first(self, hits: int, count: int, order: str) -> list[int]:
        """The places of the first `count` hits in an order."""
        if not hits:
            return []
        if order == "":
            return bitmaps.places(hits, self.size)[:count]
        flags = bitmaps.flags(hits, self.size)
        return list(islice((place for place in self.orders[order] if flags[place]), count))

    @cached_property
    def vocabulary(self) -> Counter[str]:
        """Words that a slip may have meant, with how many endpoints have them; costs one query."""
        found: Counter[str] = Counter()
        texts = Endpoint.objects.order_by("position").values_list("description", flat=True)
        for text in texts[:_MOST_READ]:
            found.update({word for word in spelling.words(spelling.plain(text)) if len(word) > 3})
        found = Counter({word: count for word, count in found.items() if word.isalpha()})
        found.update({word: 3 * count for word, count in self.names.counted()})
        found.update(word for word in synonyms.vocabulary() if word.isalpha())
        return found

    @cached_property
    def pieces(self) -> Counter[str]:
        """Words that may have been written as one: those of names and tags, and what people say."""
        return Counter(dict(self.names.counted())) + Counter(synonyms.vocabulary())

    def _hold(self, condition: Condition) -> int:
        bits = 0
        scattered: list[int] = []
        for key in (condition.key, *(("published", "price") if condition.key == "is" else ())):
            for fact in self.facts(key):
                if condition.accepts(fact):
                    own = self._sets[fact]
                    if isinstance(own, int):
                        bits |= own
                    else:
                        scattered += own
        bits |= bitmaps.of(scattered, self.size)
        return self.everything ^ bits if condition.is_negated else bits

    def _packed(self, places: list[int]) -> int | Places:
        if self.size <= _SMALL or len(places) * 64 > self.size:
            return bitmaps.of(places, self.size)
        return array("I", places)


_AS_TEXT = ("tags", "facts")  # equal ones are read once
_READ = [Listing._fields.index(name) for name in _AS_TEXT]


def _read(columns: list[Any]) -> Listing:
    for place in _READ:
        columns[place] = _parsed(columns[place])
    return Listing._make(columns)


@lru_cache(maxsize=16384)
def _parsed(text: str) -> Any:
    return orjson.loads(text)


def _orders(
    listings: list[tuple[Any, ...]], keys: list[int], popular: Counter[int]
) -> dict[str, Any]:
    """The endpoints' places in each order, and what decides among equal answers: their merit."""
    size = len(keys)
    newest = max((at for _, at, *_ in listings if at is not None), default=0.0)
    merit = array("d", bytes(8 * size))
    for place, (_, at, _, is_old, is_training) in enumerate(listings):
        fresh = 0.5 ** ((newest - at) / _YEAR_S) if at is not None else 0.0
        liked = _WORTH * math.log2(1 + popular[keys[place]])
        own = liked + 0.6 * (1 - place / size) + 0.4 * fresh
        merit[place] = own - 0.3 * is_training - 1000 * is_old

    def in_order(key: Any) -> array[int]:
        return array("I", sorted(range(size), key=key))

    return {
        "merit": merit,
        "best": in_order(lambda place: -merit[place]),
        "name": in_order(lambda place: listings[place][0]),
        "newest": in_order(lambda place: math.inf if (at := listings[place][1]) is None else -at),
        "price": in_order(lambda p: math.inf if (price := listings[p][2]) is None else price),
    }


class _Kept:
    """This process's index, and when it was made."""

    def __init__(self) -> None:
        self.index: Index | None = None
        self.made_at = 0.0
        self.cost_s = 0.0
        self.lock = threading.Lock()


_kept = _Kept()


def current(revision: str) -> Index:
    """The index under a revision.

    A large catalogue's may be some seconds behind: it is made anew behind the scenes, now and then
    while a sync is writing, and answers say by `token` what they were made from.
    """
    index, age = _kept.index, time.monotonic() - _kept.made_at
    if index is not None and index.token == revision and age < OLDEST_S:
        return index
    if index is not None and index.size > AT_ONCE:
        if age > REST * _kept.cost_s and _kept.lock.acquire(blocking=False):
            threading.Thread(target=_renew_aside, name="search index", daemon=True).start()
        return index
    with _kept.lock:
        if _kept.index is None or _kept.index is index or _kept.index.token != revision:
            _kept.index = _build()
        return _kept.index


def _renew_aside() -> None:
    try:
        _kept.index = _build()
    except Exception:
        log.exception("The search index could not be made anew; the one before it stays.")
    finally:
        _kept.made_at = time.monotonic()
        _kept.lock.release()
        connection.close()


def _build() -> Index:
    started = time.monotonic()
    token = Revision.current()  # before the rows: at worst it is made once more
    texts = {f"{name}_text": Cast(name, TextField()) for name in _AS_TEXT}
    columns = [f"{name}_text" if name in _AS_TEXT else name for name in Listing._fields]
    found = Endpoint.objects.annotate(**texts).order_by("position", "endpoint_id")
    rows = found.values_list("pk", *columns)
    index = Index(token, rows.iterator(chunk_size=2000), _popular())
    _kept.made_at = time.monotonic()
    _kept.cost_s = _kept.made_at - started
    return index


def _popular() -> Counter[int]:
    """How often the team ran and starred each endpoint, by primary key; a star is worth three runs."""
    runs: Any = Endpoint._meta.get_field("runs").related_model
    found: Counter[int] = Counter()
    for key, count in runs.objects.order_by().values_list("endpoint_id").annotate(n=Count("pk")):
        found[key] += count
    stars = Favourite.objects.order_by().values_list("endpoint_id").annotate(n=Count("pk"))
    for key, count in stars:
        found[key] += 3 * count
    return found
