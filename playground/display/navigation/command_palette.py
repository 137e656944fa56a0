"""Searches what the command palette offers: models, projects, named things, runs and pages."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from catalog.locks import NO_LOCKS, Locks
from catalog.models import Collection as ModelCollection
from catalog.models import Endpoint, Revision
from catalog.related import related_models
from catalog.related.use_index import UseIndex, uses
from catalog.search import engine
from catalog.search.query import Query
from core.formatting import category_name
from fal.db_safe import db_safe_text
from playground.display.navigation import destinations, pages
from playground.display.navigation.destinations import Group, Place
from playground.display.navigation.offers import by_need, place, title_of, told_apart
from runs.models import Run

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MAX_MODELS, MAX_GONE, MAX_COLLECTIONS, MAX_RUNS = 7, 3, 3, 5
RECENT_RUNS = 60  # newest runs that determine the recently used models
MAX_TEXT_CHARS = 200


def find_places(user: User, text: str, locks: Locks = NO_LOCKS) -> list[Group]:
    """Return the places that match a text, by kind; without text recent models, runs and pages.

    `locks` are those of the page's project.

    Enter opens the first place, so groups with a name like the text come before those that only
    mention it.
    """
    text = _normalize(text)
    words = text.lower().split()
    groups = [
        Group("Models" if text else "Recently used", _models(user, text, locks)),
        Group("Collections", _collections(words)),
        *pages.projects(user, words),
        *destinations.named(user, words),
        Group("Your runs", _runs(user, words)),
        Group("Pages", pages.pages(user, words)),
        Group("Actions", pages.actions(user, words)),
    ]
    groups = told_apart(groups)
    return sorted(groups, key=lambda group: _distance(group, text.lower())) if text else groups


def _distance(group: Group, text: str) -> int:
    """Return how far the nearest place of a group is from a text."""
    return min(pages.distance(place, text) for place in group.places)


def models_for_run(run: Run, text: str, locks: Locks = NO_LOCKS) -> list[Group]:
    """Return the models on which a run's settings can be tried.

    With a text, those that match it; without, those most similar to the run's model. Each place is
    the address of the model's form, prefilled with the settings of the run that fit it.
    """
    index, own = uses(Revision.current()), run.endpoint
    kinds = index.kinds_given(own.pk, run.arguments)
    if text := _normalize(text):
        keys = engine.rank_all(Query(q=text), index.search)
        return _runnable(index, "Models", keys, f"?run={run.pk}", locks, kinds, own.pk)
    related = related_models.find_related(own, Revision.current())
    trained = [endpoint.pk for endpoint in related.inference]
    family = [relative.endpoint.pk for relative in related.family]
    own_category = frozenset({("category", own.category)})
    similar = engine.rank_all(Query(picked=own_category), index.search)
    shelves = (
        ("Uses its trained weights", trained),
        ("Family", family),
        (category_name(own.category), [key for key in similar if key not in family]),
    )
    return [
        group
        for title, keys in shelves
        for group in _runnable(index, title, keys, f"?run={run.pk}", locks, kinds, own.pk)
    ]


def _runnable(
    index: UseIndex,
    title: str,
    keys: Iterable[int],
    params: str,
    locks: Locks,
    kinds: Collection[str] = (),
    own: int = 0,
) -> list[Group]:
    """Return the models that run with files of these kinds, then those that need more."""
    able = (key for key in keys if key != own and index.is_runnable(key))
    groups = by_need(able, lambda key: index.need(key, kinds))
    cards = index.search.cards(key for group in groups.values() for key in group[:MAX_MODELS])
    return told_apart(
        Group(
            title_of(need) if need else title,
            [
                place(cards[key], cards[key].get_absolute_url() + params, locks)
                for key in group[:MAX_MODELS]
                if key in cards
            ],
        )
        for need, group in groups.items()
    )


def _normalize(text: str) -> str:
    return " ".join(db_safe_text(text[:MAX_TEXT_CHARS]).split())


def _models(user: User, text: str, locks: Locks) -> list[Place]:
    if text:
        current_models = engine.top_results(Query(q=text), MAX_MODELS)
        gone_models = engine.top_results(Query(q=text, status="gone"), MAX_GONE)
        # A text with `is:gone` returns the same models from both searches.
        endpoints = [*current_models, *(e for e in gone_models if e not in current_models)]
    else:
        own_runs = Run.objects.owned_by(user).order_by("-created_at")
        recent = own_runs.values_list("endpoint_id", flat=True)[:RECENT_RUNS]
        keys = list(dict.fromkeys(recent))[:MAX_MODELS]
        by_key = Endpoint.objects.for_cards().in_bulk(keys)
        endpoints = [by_key[key] for key in keys if key in by_key]
    return [place(e, e.get_absolute_url(), locks) for e in endpoints]


def _collections(words: Sequence[str]) -> list[Place]:
    if not words:
        return []
    matches = ModelCollection.objects.filter(destinations.having("title", words), is_published=True)
    places = matches[:MAX_COLLECTIONS]
    return [
        Place(collection.title, "", collection.get_absolute_url(), "star") for collection in places
    ]


def _runs(user: User, words: Sequence[str]) -> list[Place]:
    own_runs = Run.objects.owned_by(user).named().order_by("-created_at")
    for word in words:
        own_runs = own_runs.containing(word)  # uses the index; titles have none of their own
    own_runs = own_runs.filter(destinations.having("title", words))
    return [
        Place(
            run.title or run.endpoint.name,
            run.endpoint.name,
            run.get_absolute_url(),
            "clock",
            run.state,
        )
        for run in own_runs[:MAX_RUNS]
    ]
