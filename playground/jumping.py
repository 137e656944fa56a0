"""Where one can jump from any page: models, collections, one's runs and pages, by a few letters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from django.urls import reverse

from catalog import related, search
from catalog.curation.standing import WORDS
from catalog.models import Collection, Endpoint, Revision, Standing
from catalog.query import Query
from catalog.templatetags.vitrine import category_name
from playground.models import Run

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MODELS, GONE, COLLECTIONS, RUNS = 7, 3, 3, 5
LATELY = 60  # runs among which the models used lately are looked for
LONGEST = 200


@dataclass(frozen=True)
class Place:
    """One place to go: what it is called, what says more, its address, icon or picture, what curators say."""

    label: str
    note: str
    address: str
    icon: str = ""
    state: str = ""
    mark: str = ""
    picture: str = ""


class Group(NamedTuple):
    """Places of one kind."""

    title: str
    places: list[Place]


def groups(user: User, text: str) -> list[Group]:
    """The places that a text means, by kind; without one, what `user` had lately, and every page."""
    text = _plain(text)
    found = [
        Group("Models" if text else "Used lately", _models(user, text)),
        Group("Collections", _collections(text)),
        Group("Your runs", _runs(user, text)),
        Group("Pages", _pages(user, text)),
    ]
    return [group for group in found if group.places]


def elsewhere(run: Run, text: str) -> list[Group]:
    """The models on which a run's settings can be tried: what a text means, or what is most alike.

    Each place is the model's form, filled in with what of the run's settings fits it.
    """
    text = _plain(text)
    runnable = Endpoint.objects.for_cards().listed().exclude(standing=Standing.BLOCKED)
    others = runnable.exclude(pk=run.endpoint_id)
    if text:
        keys = [e.pk for e in search.best(Query(q=text))]
        found_by_key = others.in_bulk(keys)
        groups = [("Models", [found_by_key[key] for key in keys if key in found_by_key])]
    else:
        own = run.endpoint
        known = related.of(own, Revision.current()).family
        siblings = others.in_bulk([relative.endpoint.pk for relative in known])
        family = list(siblings.values())
        alike = others.in_category(own.category).exclude(pk__in=siblings)
        groups = [("Family", family), (category_name(own.category), list(alike[:MODELS]))]
    return [
        Group(title, [_model(e, f"?run={run.pk}") for e in found[:MODELS]])
        for title, found in groups
        if found
    ]


def _plain(text: str) -> str:
    return " ".join(text[:LONGEST].replace("\x00", "").split())


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
        listed = search.best(Query(q=text), MODELS)
        gone = search.best(Query(q=text, status="gone"), GONE)
        # Who types `is:gone` has found them already.
        endpoints = [*listed, *(e for e in gone if e not in listed)]
    else:
        used = Run.objects.filter(user=user).order_by("-created_at")
        keys = list(dict.fromkeys(used.values_list("endpoint_id", flat=True)[:LATELY]))[:MODELS]
        known = Endpoint.objects.for_cards().in_bulk(keys)
        endpoints = [known[key] for key in keys if key in known]
    return [_model(e) for e in endpoints]


def _collections(text: str) -> list[Place]:
    if not text:
        return []
    found = Collection.objects.filter(is_published=True, title__icontains=text)[:COLLECTIONS]
    return [Place(one.title, "", one.get_absolute_url(), "star") for one in found]


def _runs(user: User, text: str) -> list[Place]:
    mine = Run.objects.filter(user=user).with_endpoint().order_by("-created_at")
    mine = mine.only("title", "state", "endpoint__display_name", "endpoint__endpoint_id")
    if text:
        mine = mine.filter(title__icontains=text)
    return [
        Place(
            run.title or run.endpoint.display_name,
            run.endpoint.display_name,
            run.get_absolute_url(),
            "clock",
            run.state,
        )
        for run in mine[:RUNS]
    ]


def _pages(user: User, text: str) -> list[Place]:
    models, runs = reverse("catalog:models"), reverse("playground:runs")
    pages = [
        Place("Front page", "", "/"),
        Place("All models", "", models),
        Place("Favourite models", "", f"{models}?favourite=1"),
        Place("Newest models", "", f"{models}?sort=newest"),
        Place("Saved searches", "", reverse("catalog:saved-searches")),
        Place("Collections", "", reverse("catalog:collections")),
        Place("Your runs", "history", runs),
    ]
    if user.is_staff:
        pages.append(Place("Admin", "curate, watch, set up", reverse("admin:index")))
    words = text.lower().split()
    return [
        page for page in pages if all(word in f"{page.label} {page.note}".lower() for word in words)
    ]
