"""All that is known of a model besides its form: how long it takes here, what it made, who recommends it."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models.functions import Coalesce

from catalog import related
from catalog.curation import notes
from catalog.models import Collection, Endpoint, Revision
from playground import history
from playground.models import Run

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MEASURED = 100  # runs that the typical time is taken of, the newest
EXAMPLES = 12
LICENCES = {
    "commercial": "What it makes may be used commercially.",
    "research": "For research only: what it makes may not be used commercially.",
    "private": "It is private to its owner's account.",
}


@dataclass(frozen=True)
class Time:
    """How long runs usually take, and of how many that is the middle."""

    seconds: float
    count: int


def context(user: User, endpoint: Endpoint) -> dict[str, Any]:
    """What the templates of `about/` are drawn from; the same few queries for every model."""
    return {
        "endpoint": endpoint,
        "related": related.of(endpoint, Revision.current()),
        "typical": typical(endpoint),
        "licence": licence(endpoint),
        "links": links(endpoint),
        "collections": collections(user, endpoint),
        "examples": examples(endpoint),
        "notes": notes.of(endpoint),
    }


def typical(endpoint: Endpoint) -> Time | None:
    """The median time of the team's newest runs that went well, from their sending to their end."""
    done = Run.objects.filter(endpoint=endpoint, state=Run.State.SUCCEEDED, ended_at__isnull=False)
    times = done.annotate(left_at=Coalesce("sent_at", "created_at")).order_by("-created_at")
    rows = list(times.values_list("left_at", "ended_at")[:MEASURED])
    taken = [(ended - left).total_seconds() for left, ended in rows]
    return Time(median(taken), len(taken)) if taken else None


def licence(endpoint: Endpoint) -> str:
    """What upstream says the results may be used for, in a sentence."""
    if not endpoint.license_type:
        return "Upstream says nothing about its licence."
    words = LICENCES.get(endpoint.license_type.lower())
    return words or f"Upstream calls its licence “{endpoint.license_type}”."


def links(endpoint: Endpoint) -> list[tuple[str, str]]:
    """Where more is said about it, as (word, address); nothing but the web's own addresses."""
    page = f"https://fal.ai/models/{endpoint.endpoint_id}" if settings.UPSTREAM == "fal" else ""
    given = [("On fal.ai", page), ("Source code", endpoint.github_url)]
    return [(word, url) for word, url in given if urlsplit(url).scheme in {"https", "http"}]


def collections(user: User, endpoint: Endpoint) -> list[Collection]:
    """The collections that recommend it; curators see drafts, too."""
    found = Collection.objects.all() if user.is_staff else Collection.objects.published()
    return list(found.filter(items__endpoint=endpoint).only("slug", "title", "is_published"))


def examples(endpoint: Endpoint) -> list[history.Row]:
    """Runs that colleagues show as what it can do, the newest first."""
    runs = Run.objects.examples().filter(endpoint=endpoint).recent().select_related("user")
    return [history.row(run) for run in runs[:EXAMPLES]]
