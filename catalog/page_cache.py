"""Renders page fragments that depend on the catalogue alone, cached per catalogue revision.

Every function depends only on its arguments. The database renews the revision token with each
change of the catalogue, so a fragment cached under a token never becomes stale.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import Prefetch
from django.template.defaultfilters import pluralize
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from catalog.filters.vocabulary import KEYS
from catalog.models import Collection, CollectionItem, Endpoint, Picture
from catalog.search import facets, highlight
from catalog.search.engine import Answer, search
from catalog.search.facets import Place
from catalog.search.index import current
from catalog.search.matching import Found
from catalog.search.query import STATUSES, Query
from catalog.variants import Family, fold, tell_apart
from core.byte_cache import byte_cached

Starred = tuple[int, ...]  # primary keys of a user's favourites, newest first
ON_A_SHELF = 12


class Region(NamedTuple):
    """The parts of a search page that change with the query."""

    facets: SafeString
    results: SafeString
    total: int
    said: str
    canonical: str
    has_gaps: bool  # some card has no picture yet


class Notice(NamedTuple):
    """How the results differ from the query as typed, and a link to search for just that."""

    before: str
    shown: str
    instead: str = ""
    href: str = ""


@dataclass(frozen=True)
class Category:
    """A category's tile on the front page."""

    name: str
    count: int
    pictures: list[str]


def region(revision: str, place: Place, query: Query, starred: Starred) -> Region:
    """Render facets and results of a query."""
    return _region(revision, current(revision).token, place, query, starred)


@byte_cached(8 << 20)
def _region(revision: str, token: str, place: Place, query: Query, starred: Starred) -> Region:
    """Render under the index's own `token`: the index may lag behind `revision`."""
    answer = search(query, frozenset(starred), index=current(revision))
    context = {
        "marks": highlight.highlighter(answer.found),
        "notices": _notices(place, answer),
        "suggestions": [(r.title, place.href(r.query), r.count) for r in answer.suggestions],
        "answer": answer,
        "families": _families(answer),
        "export": reverse("catalog:export") + query.as_params(),
        "saving": "" if query.is_open else reverse("catalog:saved-search-new") + query.as_params(),
        "chips": facets.chips(query, place),
        "cleared": facets.cleared(query, place),
        "guesses": facets.guesses(answer.hints, query, place),
        "links": [(n, place.href(query, n)) for n in answer.numbers],
        "place": place,
        "previous": place.href(query, answer.page - 1) if answer.page > 1 else "",
        "next": place.href(query, answer.page + 1) if answer.page < answer.pages else "",
        "relaxations": [
            (one.title, place.href(one.query), one.count)
            for one in answer.relaxations
            if one.name not in place.fixed and place.holds(one.query)
        ],
        "starred": frozenset(starred),
    }
    return Region(
        facets=render_to_string(
            "catalog/partials/_facets.html",
            {
                "sections": facets.sections(answer, place),
                "query": query,
                "place": place,
                "statuses": STATUSES.items(),
            },
        ),
        results=render_to_string("catalog/partials/_results.html", context),
        total=answer.total,
        said=_said(answer),
        canonical=place.href(query, answer.page),
        has_gaps=any(not (one.picture and one.picture.small) for one in answer.endpoints),
    )


@byte_cached(1 << 20)
def how(place: Place) -> SafeString:
    """Render the help on search terms, which is the same for every user and revision."""
    context = {"keys": KEYS.values(), "place": place}
    return render_to_string("catalog/partials/_how.html", context)


@byte_cached(4 << 20)
def front(revision: str, starred: Starred) -> SafeString:
    """Render the shelves of the front page."""
    listed = Endpoint.objects.listed()
    favourites = listed.for_cards().in_bulk(starred[:ON_A_SHELF])
    tiles = categories()
    shelves = [
        (collection.title, collection.description, collection.get_absolute_url(), len(items), items)
        for collection in published()
        if (
            items := [item.endpoint for item in collection.items.all() if item.endpoint.is_runnable]
        )
    ]
    return render_to_string(
        "catalog/partials/_front.html",
        {
            "categories": tiles,
            "total": sum(tile.count for tile in tiles),
            "collections": [(*words, items[:ON_A_SHELF]) for *words, items in shelves],
            "favourites": [favourites[pk] for pk in starred if pk in favourites],
            "newest": list(
                listed.filter(status="active", published_at__isnull=False)
                .for_cards()
                .order_by("-published_at", "position")[:ON_A_SHELF]
            ),
            "starred": frozenset(starred),
        },
    )


def published() -> Iterable[Collection]:
    """Published collections with the cards of their endpoints, in two queries."""
    items = Prefetch("items", queryset=CollectionItem.objects.for_cards())
    return Collection.objects.published().prefetch_related(items)


def categories() -> list[Category]:
    """Every category with its count and first picture, the largest category first."""
    found: dict[str, Category] = {}
    rows = Endpoint.objects.listed().order_by("position").values_list("category", "picture__small")
    for name, picture in rows:
        name = name or "unknown"
        was = found.get(name, Category(name, 0, []))
        pictures = (
            [*was.pictures, Picture(small=picture).small_src]
            if picture and len(was.pictures) < 1
            else was.pictures
        )
        found[name] = Category(name, was.count + 1, pictures)
    return sorted(found.values(), key=lambda category: (-category.count, category.name))


def _families(answer: Answer) -> list[Family]:
    """The cards of an answer by family, except where one family or favourites are asked for."""
    cards, query = tell_apart(answer.endpoints), answer.asked
    if query.favourite or any(one.key == "group" for one in query.conditions):
        return [Family(card, ()) for card in cards]
    return fold(cards, apart=3 if query.text else 0, is_ordered=bool(query.order))


def _said(answer: Answer) -> str:
    """The heading above the results, also announced to screen readers when they change."""
    words = f"{answer.total:,} model{pluralize(answer.total)}"
    if not answer.query.text:
        return words
    if answer.asked.q != answer.query.q:
        return words
    used = " ".join(answer.found.used) if answer.found and _is_other(answer.found) else ""
    return f"{words} for “{used or answer.query.plain}”"


def _is_other(found: Found) -> bool:
    return bool(found.corrected or found.missed)


def _notices(place: Place, answer: Answer) -> list[Notice]:
    """Notices on corrected spelling and on words left out because no model has all of them."""
    found, query = answer.found, answer.query
    notices = []
    if answer.asked.q != query.q:
        href = place.href(answer.asked)
        notices.append(Notice("Read as", answer.asked.q, "Change it", href))
    if found is None or not answer.total:
        return notices
    if found.corrected:
        text = query.text
        for was, _ in found.corrected:
            text = re.sub(rf"(?i)(?<!\w){re.escape(was)}(?!\w)", f'"{was}"', text)
        notices.append(
            Notice(
                "Showing results for",
                " ".join([*found.used, *found.missed]),
                f"Search for “{query.text}” instead",
                place.href(query.saying(text)),
            )
        )
    if found.missed:
        notices.append(
            Notice("No model has all of these words. Left out:", ", ".join(found.missed))
        )
    return notices
