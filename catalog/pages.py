"""What the pages draw from the catalogue alone, kept until the catalogue changes.

Every function here is a function of its arguments: the database renews the revision token
with each change, so what was drawn under a token stays right as long as the token does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from django.db.models import Prefetch
from django.template.defaultfilters import pluralize
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from catalog.asking import narrowing
from catalog.asking.facts import KEYS
from catalog.asking.narrowing import Place
from catalog.finding import highlight
from catalog.finding.index import current
from catalog.finding.matching import Found
from catalog.models import Collection, CollectionItem, Endpoint, Picture
from catalog.query import STATUSES, Query
from catalog.search import Answer, search

Starred = tuple[int, ...]  # keys of a person's favourites, the newest first
ON_A_SHELF = 12


class Region(NamedTuple):
    """The parts of a search page that change with the question."""

    facets: SafeString
    results: SafeString
    total: int
    said: str
    canonical: str
    has_gaps: bool  # cards without a picture, which may be about to come


class Notice(NamedTuple):
    """How the answer differs from what was asked, and the address of what was."""

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
    """Facets and results of a question, drawn."""
    return _region(revision, current(revision).token, place, query, starred)


@lru_cache(maxsize=128)
def _region(revision: str, token: str, place: Place, query: Query, starred: Starred) -> Region:
    """`token` is of the index, which may be a little behind the `revision`; what it gives is kept for it alone."""
    answer = search(query, frozenset(starred), index=current(revision))
    context = {
        "marks": highlight.marks(answer.found),
        "notices": _notices(place, answer),
        "suggestions": [(r.title, place.href(r.query), r.count) for r in answer.suggestions],
        "answer": answer,
        "saving": "" if query.is_open else reverse("catalog:saved-search-new") + query.as_params(),
        "chips": narrowing.chips(query, place),
        "cleared": narrowing.cleared(query, place),
        "guesses": narrowing.guesses(answer.hints, query, place),
        "links": [(n, place.href(query, n)) for n in answer.numbers],
        "place": place,
        "previous": place.href(query, answer.page - 1) if answer.page > 1 else "",
        "next": place.href(query, answer.page + 1) if answer.page < answer.pages else "",
        "reliefs": [
            (relief.title, place.href(relief.query), relief.count)
            for relief in answer.reliefs
            if relief.name not in place.fixed
        ],
        "starred": frozenset(starred),
    }
    return Region(
        facets=render_to_string(
            "catalog/partials/_facets.html",
            {
                "sections": narrowing.sections(answer, place),
                "query": query,
                "statuses": STATUSES.items(),
            },
        ),
        results=render_to_string("catalog/partials/_results.html", context),
        total=answer.total,
        said=_said(answer),
        canonical=place.href(query, answer.page),
        has_gaps=any(not (one.picture and one.picture.small) for one in answer.endpoints),
    )


@lru_cache(maxsize=64)
def how(place: Place) -> SafeString:
    """The words that a search understands, drawn: the same for everybody, whatever the catalogue holds."""
    context = {"keys": KEYS.values(), "place": place}
    return render_to_string("catalog/partials/_how.html", context)


@lru_cache(maxsize=32)
def front(revision: str, starred: Starred) -> SafeString:
    """The front page's shelves, drawn."""
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
    """The collections that everybody sees, each with the cards of its endpoints, in two queries."""
    items = Prefetch("items", queryset=CollectionItem.objects.for_cards())
    return Collection.objects.published().prefetch_related(items)


def categories() -> list[Category]:
    """Every category with its count and the pictures of its first endpoints, the largest first."""
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


def _said(answer: Answer) -> str:
    """What the page says above its results, and what a screen reader hears when they change."""
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
    """Slips that were mended, and words that nothing has together with the others."""
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
