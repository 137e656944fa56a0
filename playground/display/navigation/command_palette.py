"""Searches what the command palette offers: models, projects, named things, runs and pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from catalog.curation.moderation import WORDS
from catalog.locks import NO_LOCKS, Locks
from catalog.models import Collection, Endpoint, Revision, Standing
from catalog.related import related_models
from catalog.search import engine
from catalog.search.query import Query
from core.formatting import category_name
from fal.db_safe import db_safe_text
from playground.display.navigation import destinations, pages
from playground.display.navigation.destinations import Group, Place
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
        Group("Models" if text else "Used lately", _models(user, text, locks)),
        Group("Collections", _collections(words)),
        *pages.projects(user, words),
        *destinations.named(user, words),
        Group("Your runs", _runs(user, words)),
        Group("Pages", pages.pages(user, words)),
        Group("Actions", pages.actions(user, words)),
    ]
    groups = [group for group in groups if group.places]
    return sorted(groups, key=lambda group: _distance(group, text.lower())) if text else groups


def _distance(group: Group, text: str) -> int:
    """Return how far the nearest name of a group is from a text: it, its beginning, its words."""
    labels = [place.label.lower() for place in group.places]
    if text in labels:
        return 0
    if any(label.startswith(text) for label in labels):
        return 1
    return 2 if any(all(word in label for word in text.split()) for label in labels) else 3


def models_for_run(run: Run, text: str, locks: Locks = NO_LOCKS) -> list[Group]:
    """Return the models on which a run's settings can be tried.

    With a text, those that match it; without, those most similar to the run's model. Each place is
    the address of the model's form, prefilled with the settings of the run that fit it.
    """
    text = _normalize(text)
    runnable = Endpoint.objects.for_cards().listed().exclude(standing=Standing.BLOCKED)
    others = runnable.exclude(pk=run.endpoint_id)
    if text:
        keys = [e.pk for e in engine.top_results(Query(q=text))]
        found_by_key = others.in_bulk(keys)
        groups = [("Models", [found_by_key[key] for key in keys if key in found_by_key])]
    else:
        own = run.endpoint
        related = related_models.find_related(own, Revision.current())
        siblings = others.in_bulk([relative.endpoint.pk for relative in related.family])
        family = list(siblings.values())
        similar = others.in_category(own.category).exclude(pk__in=siblings)
        groups = [
            (
                "Runs what it trains",
                [endpoint for endpoint in related.inference if endpoint.is_runnable],
            ),
            ("Family", family),
            (category_name(own.category), list(similar[:MAX_MODELS])),
        ]
    return [
        Group(title, [_model(e, locks, f"?run={run.pk}") for e in endpoints[:MAX_MODELS]])
        for title, endpoints in groups
        if endpoints
    ]


def models_for_recipe(text: str, params: str, locks: Locks = NO_LOCKS) -> list[Group]:
    """Return the models that make pictures of words; with a text, those that match it.

    Each place is the address of the model's form, prefilled by the query `params`.
    """
    category = "text-to-image"
    among = Endpoint.objects.for_cards().listed().exclude(standing=Standing.BLOCKED)
    among = among.in_category(category)
    if text := _normalize(text):
        query = Query(q=text, picked=frozenset({("category", category)}))
        keys = [endpoint.pk for endpoint in engine.top_results(query)]
        by_key = among.in_bulk(keys)
        endpoints = [by_key[key] for key in keys if key in by_key]
    else:
        endpoints = list(among[: 3 * MAX_MODELS])
    places = [_model(endpoint, locks, f"?{params}") for endpoint in endpoints]
    return [Group("Models" if text else category_name(category), places)] if places else []


def _normalize(text: str) -> str:
    return " ".join(db_safe_text(text[:MAX_TEXT_CHARS]).split())


def _model(e: Endpoint, locks: Locks, params: str = "") -> Place:
    marks = ["Removed" if e.gone_at else "", WORDS[e.standing] if e.standing else ""]
    return Place(
        e.name,
        e.endpoint_id,
        e.get_absolute_url() + params,
        "image",
        mark=", ".join(filter(None, marks)),
        lock=locks.reasons.get(e.pk, ""),
        picture=e.picture.small_src if e.picture else "",
    )


def _models(user: User, text: str, locks: Locks) -> list[Place]:
    if text:
        listed = engine.top_results(Query(q=text), MAX_MODELS)
        gone = engine.top_results(Query(q=text, status="gone"), MAX_GONE)
        # A text with `is:gone` returns the same models from both searches.
        endpoints = [*listed, *(e for e in gone if e not in listed)]
    else:
        used = Run.objects.of(user).order_by("-created_at")
        recent = used.values_list("endpoint_id", flat=True)[:RECENT_RUNS]
        keys = list(dict.fromkeys(recent))[:MAX_MODELS]
        by_key = Endpoint.objects.for_cards().in_bulk(keys)
        endpoints = [by_key[key] for key in keys if key in by_key]
    return [_model(e, locks) for e in endpoints]


def _collections(words: Sequence[str]) -> list[Place]:
    if not words:
        return []
    matches = Collection.objects.filter(destinations.having("title", words), is_published=True)
    places = matches[:MAX_COLLECTIONS]
    return [
        Place(collection.title, "", collection.get_absolute_url(), "star") for collection in places
    ]


def _runs(user: User, words: Sequence[str]) -> list[Place]:
    mine = Run.objects.of(user).named().order_by("-created_at")
    for word in words:
        mine = mine.containing(word)  # by the index; titles alone have none
    mine = mine.filter(destinations.having("title", words))
    return [
        Place(
            run.title or run.endpoint.name,
            run.endpoint.name,
            run.get_absolute_url(),
            "clock",
            run.state,
        )
        for run in mine[:MAX_RUNS]
    ]
