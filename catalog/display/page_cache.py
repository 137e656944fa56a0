"""Renders page fragments that depend on the catalogue alone, cached per catalogue revision.

Every function depends only on its arguments. The database renews the revision token with each
change of the catalogue, so a fragment cached under a token never becomes stale.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from django.db.models import Prefetch
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from catalog.display import facets, operations
from catalog.display.facets import SearchScope
from catalog.filters.labels import by_outcome
from catalog.filters.operations import Operation
from catalog.filters.vocabulary import KEYS
from catalog.locks import NO_LOCKS, Locks
from catalog.model_records import NO_RECORDS, ModelRecords
from catalog.models import Collection, CollectionItem, Endpoint, Picture
from catalog.models.querysets import TEST_TAG
from catalog.search.engine import Answer, search
from catalog.search.index import UPSTREAM_ORDER, current
from catalog.search.matching import QueryMatches
from catalog.search.query import STATUSES, Query
from catalog.variants import Family, fold
from core.byte_cache import byte_cached
from core.formatting import counted

StarredKeys = tuple[int, ...]  # primary keys of a user's favourites, newest first
ON_A_SHELF = 4
PICTURES = 3  # stored for each category
FEW = 8  # models that fit one page


class Region(NamedTuple):
    """The parts of a search page that change with the query."""

    facets: SafeString
    results: SafeString
    total: int
    said: str
    canonical: str
    has_gaps: bool  # at least one card has no picture yet


class Notice(NamedTuple):
    """How the results differ from the query as typed, and a link to search exactly for that."""

    before: str
    shown: str
    instead: str = ""
    href: str = ""


@dataclass
class Category:
    """A category's tile on the front page."""

    name: str
    count: int = 0
    pictures: list[str] = field(default_factory=list)


def region(
    revision: str,
    place: SearchScope,
    query: Query,
    starred: StarredKeys,
    locks: Locks = NO_LOCKS,
    records: ModelRecords = NO_RECORDS,
) -> Region:
    """Render facets and results of a query."""
    return _region(revision, current(revision).token, place, query, starred, locks, records)


def _region_key(*args: object) -> tuple[object, ...]:
    """Return the arguments as a cache key, with locks and records replaced by their `key`."""
    return tuple(arg.key if isinstance(arg, Locks | ModelRecords) else arg for arg in args)


@byte_cached(8 << 20, key=_region_key)
def _region(
    revision: str,
    token: str,
    place: SearchScope,
    query: Query,
    starred: StarredKeys,
    locks: Locks,
    records: ModelRecords,
) -> Region:
    """Render the region, cached by the index's `token`, which may lag behind `revision`."""
    index = current(revision)
    query = replace(query, is_gallery=True)
    answer = search(query, frozenset(starred), index=index, locked=locks.models, records=records)
    context = {
        "notices": _notices(place, answer),
        "suggestions": [(r.title, place.href(r.query), r.count) for r in answer.suggestions],
        "answer": answer,
        "families": _families(answer),
        "export": reverse("catalog:export") + query.as_params(),
        # Favourites without further filters have their own page.
        "saving": query.as_params()[1:] if query.as_params("favourite") else "",
        "interpretation": facets.interpretation(answer, place),
        "cleared": place.href(query.bare()),
        "guesses": facets.guesses(answer.hints, query, place),
        "links": [(n, place.href(query, n)) for n in answer.numbers],
        "place": place,
        "previous": place.href(query, answer.page - 1) if answer.page > 1 else "",
        "next": place.href(query, answer.page + 1) if answer.page < answer.pages else "",
        "others": place.href(replace(query, locked=True, page=1))
        if answer.locked and not query.locked
        else "",
        "relaxations": [
            (relaxation.title, place.href(relaxation.query), relaxation.count)
            for relaxation in answer.relaxations
            if relaxation.name not in place.fixed and place.holds(relaxation.query)
        ],
        "starred": frozenset(starred),
        "locks": locks,
        "records": records,
        "asked_query": answer.asked,
    }
    sections = facets.sections(answer, place)
    return Region(
        facets=render_to_string(
            "catalog/partials/_facets.html",
            {
                "approved": facets.approved(answer, index),
                "sections": sections,
                "is_more_open": query.status
                or any(section.picked and not section.is_first for section in sections),
                "query": query,
                "place": place,
                "statuses": STATUSES.items(),
            },
        ),
        results=render_to_string("catalog/partials/_results.html", context),
        total=answer.total,
        said=_heading(answer),
        canonical=place.href(query, answer.page),
        has_gaps=any(map(_waits_for_picture, answer.endpoints)),
    )


def _waits_for_picture(endpoint: Endpoint) -> bool:
    is_announced = endpoint.thumbnail_url or endpoint.thumbnail_animated_url
    return bool(is_announced) and not (endpoint.picture and endpoint.picture.small)


@byte_cached(1 << 20)
def how(place: SearchScope) -> SafeString:
    """Render the help on search terms, which is the same for every user and revision."""
    context = {"keys": KEYS.values(), "place": place}
    return render_to_string("catalog/partials/_search_help.html", context)


@byte_cached(4 << 20, key=_region_key)
def front(
    revision: str,
    starred: StarredKeys,
    locks: Locks = NO_LOCKS,
    records: ModelRecords = NO_RECORDS,
) -> SafeString:
    """Render the shelves of the front page."""
    endpoints = Endpoint.objects.listed().exclude(pk__in=locks.models)
    cards = Endpoint.objects.listed().for_cards().in_bulk(starred[:ON_A_SHELF])
    shelves = [
        (collection.title, collection.description, collection.get_absolute_url(), len(items), items)
        for collection in published()
        if (
            items := [
                item.endpoint
                for item in collection.items.all()
                if item.endpoint.is_runnable and item.endpoint_id not in locks.models
            ]
        )
    ]
    return render_to_string(
        "catalog/partials/_model_shelves.html",
        {
            "operations": operations.tiles(
                {category.name: category.pictures for category in _overview(revision)}
            ),
            "outcomes": categories(revision),
            "total": total(revision),
            "collections": [(*head, items[:ON_A_SHELF]) for *head, items in shelves],
            "favourites": [cards[pk] for pk in starred[:ON_A_SHELF] if pk in cards],
            "newest": list(
                endpoints.worth_suggesting()
                .filter(published_at__isnull=False)
                .for_cards()
                .order_by("-published_at", "position")[:ON_A_SHELF]
            ),
            "starred": frozenset(starred),
            "locks": locks,
            "records": records,
        },
    )


def operations_at(revision: str) -> list[Operation]:
    """Return the operations whose category has models at a revision."""
    names = {category.name for category in _overview(revision)}
    return [operation for operation in operations.ON_FRONT if operation.category in names]


def categories(revision: str) -> list[tuple[str, list[Category]]]:
    """Return the categories of a revision; those whose models make the same stand together."""
    return by_outcome(_overview(revision), lambda category: category.name)


def total(revision: str) -> int:
    """Return how many models there are at a revision."""
    return sum(category.count for category in _overview(revision))


def published() -> Iterable[Collection]:
    """Published collections with the cards of their endpoints, in two queries."""
    items = Prefetch("items", queryset=CollectionItem.objects.for_cards())
    return Collection.objects.published().prefetch_related(items)


@byte_cached(1 << 18)
def _overview(revision: str) -> list[Category]:
    """Return every category with its count and first pictures, largest first."""
    tiles: dict[str, Category] = {}
    rows = Endpoint.objects.listed().order_by(*UPSTREAM_ORDER)
    for name, picture, tags in rows.values_list("category", "picture__small", "tags"):
        if TEST_TAG in (tags or ()):  # as in the galleries that the tiles lead to
            continue
        tile = tiles.setdefault(name or "unknown", Category(name or "unknown"))
        tile.count += 1
        if picture and len(tile.pictures) < PICTURES:
            tile.pictures.append(Picture(small=picture).small_src)
    return sorted(tiles.values(), key=lambda category: (-category.count, category.name))


def _families(answer: Answer) -> list[Family]:
    """Return the cards of an answer grouped by family.

    Not grouped if a family or favourites are requested, or if one page shows all results: the few
    results of a narrow query are compared card by card.
    """
    cards, query = answer.endpoints, answer.asked
    is_one_family = any(condition.key == "group" for condition in query.conditions)
    if answer.total <= FEW or query.favourite or is_one_family:
        return [Family(card, ()) for card in cards]
    return fold(cards, apart=3 if query.text else 0, is_ordered=bool(query.order))


def _heading(answer: Answer) -> str:
    """The heading above the results, also announced to screen readers when they change."""
    count_text = counted(answer.total, "model")
    if not answer.query.text or answer.asked.q != answer.query.q:
        return count_text
    used_words = " ".join(answer.found.used) if answer.found and _is_other(answer.found) else ""
    return f"{count_text} for “{used_words or answer.query.plain}”"


def _is_other(matches: QueryMatches) -> bool:
    return bool(matches.corrected or matches.missed)


def _notices(place: SearchScope, answer: Answer) -> list[Notice]:
    """Return notices on corrected spelling."""
    matches, query = answer.found, answer.query
    if matches is None or not answer.total or not matches.corrected:
        return []
    text = query.text
    for typed_word, _ in matches.corrected:
        text = re.sub(rf"(?i)(?<!\w){re.escape(typed_word)}(?!\w)", f'"{typed_word}"', text)
    corrected_words = " ".join([*matches.used, *matches.missed])
    instead = f"Search for “{query.text}” instead"
    return [Notice("Showing results for", corrected_words, instead, place.href(query.saying(text)))]
