"""Searches the places that the command palette offers: models, collections, runs, pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from django.urls import reverse

from accounts import permissions
from catalog.curation.moderation import WORDS
from catalog.models import Collection, Endpoint, Revision, Standing
from catalog.related import related_models
from catalog.search import engine
from catalog.search.query import Query
from core.formatting import category_name
from fal.db_safe import db_safe_text
from playground.models import Run

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MAX_MODELS, MAX_GONE, MAX_COLLECTIONS, MAX_RUNS = 7, 3, 3, 5
RECENT_RUNS = 60  # newest runs that determine the recently used models
MAX_TEXT_CHARS = 200


@dataclass(frozen=True)
class Place:
    """One place to jump to; `mark` is a model's standing, or that it was removed upstream."""

    label: str
    note: str
    address: str
    icon: str = ""
    state: str = ""
    mark: str = ""
    picture: str = ""


class Group(NamedTuple):
    """Places of the same kind."""

    title: str
    places: list[Place]


def find_places(user: User, text: str) -> list[Group]:
    """Return the places that match a text, by kind; without text recent models, runs and pages."""
    text = _normalize(text)
    found = [
        Group("Models" if text else "Used lately", _models(user, text)),
        Group("Collections", _collections(text)),
        Group("Your runs", _runs(user, text)),
        Group("Pages", _pages(user, text)),
    ]
    return [group for group in found if group.places]


def models_for_run(run: Run, text: str) -> list[Group]:
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
        known = related_models.find_related(own, Revision.current())
        siblings = others.in_bulk([relative.endpoint.pk for relative in known.family])
        family = list(siblings.values())
        similar = others.in_category(own.category).exclude(pk__in=siblings)
        groups = [
            ("Runs what it trains", [one for one in known.inference if one.is_runnable]),
            ("Family", family),
            (category_name(own.category), list(similar[:MAX_MODELS])),
        ]
    return [
        Group(title, [_model(e, f"?run={run.pk}") for e in found[:MAX_MODELS]])
        for title, found in groups
        if found
    ]


def _normalize(text: str) -> str:
    return " ".join(db_safe_text(text[:MAX_TEXT_CHARS]).split())


def _model(e: Endpoint, params: str = "") -> Place:
    marks = ["Removed" if e.gone_at else "", WORDS[e.standing] if e.standing else ""]
    return Place(
        e.display_name,
        e.endpoint_id,
        e.get_absolute_url() + params,
        "image",
        mark=", ".join(filter(None, marks)),
        picture=e.picture.small_src if e.picture else "",
    )


def _models(user: User, text: str) -> list[Place]:
    if text:
        listed = engine.top_results(Query(q=text), MAX_MODELS)
        gone = engine.top_results(Query(q=text, status="gone"), MAX_GONE)
        # A text with `is:gone` returns the same models from both searches.
        endpoints = [*listed, *(e for e in gone if e not in listed)]
    else:
        used = Run.objects.of(user).order_by("-created_at")
        recent = used.values_list("endpoint_id", flat=True)[:RECENT_RUNS]
        keys = list(dict.fromkeys(recent))[:MAX_MODELS]
        known = Endpoint.objects.for_cards().in_bulk(keys)
        endpoints = [known[key] for key in keys if key in known]
    return [_model(e) for e in endpoints]


def _collections(text: str) -> list[Place]:
    if not text:
        return []
    found = Collection.objects.filter(is_published=True, title__icontains=text)
    places = found[:MAX_COLLECTIONS]
    return [Place(one.title, "", one.get_absolute_url(), "star") for one in places]


def _runs(user: User, text: str) -> list[Place]:
    mine = Run.objects.of(user).with_endpoint().order_by("-created_at")
    mine = mine.only("title", "state", "endpoint__display_name", "endpoint__endpoint_id")
    if text:
        mine = mine.containing(text).filter(title__icontains=text)  # by its index
    return [
        Place(
            run.title or run.endpoint.display_name,
            run.endpoint.display_name,
            run.get_absolute_url(),
            "clock",
            run.state,
        )
        for run in mine[:MAX_RUNS]
    ]


def _pages(user: User, text: str) -> list[Place]:
    models, runs = reverse("catalog:models"), reverse("playground:runs")
    pages = [
        Place("Front page", "", "/"),
        Place("All models", "", models),
        Place("Favourite models", "", reverse("catalog:favourites")),
        Place("Newest models", "", f"{models}?sort=newest"),
        Place("Saved searches", "", reverse("catalog:saved-searches")),
        Place("Collections", "", reverse("catalog:collections")),
        Place("Your runs", "history", runs),
        Place("Recently deleted runs", "bring back, undo", f"{runs}?state=deleted"),
        Place("Account", "name, password, sessions, theme", reverse("account")),
    ]
    if user.is_staff:
        pages.append(Place("Admin", "curate, watch, set up", reverse("admin:index")))
    if permissions.may(user, permissions.VIEW_WORKER):
        note = "workers, queue, upstream, sync, storage, errors"
        pages.append(Place("Status", note, reverse("admin:status")))
    words = text.lower().split()
    return [
        page for page in pages if all(word in f"{page.label} {page.note}".lower() for word in words)
    ]
