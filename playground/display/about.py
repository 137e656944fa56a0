"""Context of a model's About tab: typical duration, examples, collections, licence, links."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models.functions import Coalesce

from catalog.curation import notes
from catalog.models import Collection, Endpoint, Revision
from catalog.search import related
from playground.display import history
from playground.models import Run

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MEASURED_RUNS = 100  # newest runs from which the typical duration is computed
EXAMPLES = 12
LICENCES = {
    "commercial": "What it makes may be used commercially.",
    "research": "For research only: what it makes may not be used commercially.",
    "private": "It is private to its owner's account.",
}


@dataclass(frozen=True)
class TypicalDuration:
    """The median duration of runs, and of how many."""

    seconds: float
    count: int


def context(user: User, endpoint: Endpoint) -> dict[str, Any]:
    """Return the context of the templates in `about/`; the same number of queries for any model."""
    return {
        "endpoint": endpoint,
        "related": related.find_related(endpoint, Revision.current()),
        "typical": typical_duration(endpoint),
        "licence": licence(endpoint),
        "links": links(endpoint),
        "collections": collections(user, endpoint),
        "examples": examples(endpoint),
        "notes": notes.of(endpoint),
    }


def typical_duration(endpoint: Endpoint) -> TypicalDuration | None:
    """Return the median duration of the team's newest successful runs, from submit to end."""
    done = Run.objects.filter(endpoint=endpoint, state=Run.State.SUCCEEDED, ended_at__isnull=False)
    times = done.annotate(left_at=Coalesce("sent_at", "created_at")).order_by("-created_at")
    rows = list(times.values_list("left_at", "ended_at")[:MEASURED_RUNS])
    durations = [(ended - left).total_seconds() for left, ended in rows]
    return TypicalDuration(median(durations), len(durations)) if durations else None


def licence(endpoint: Endpoint) -> str:
    """Return in a sentence what upstream says the results may be used for."""
    if not endpoint.license_type:
        return "Upstream says nothing about its licence."
    words = LICENCES.get(endpoint.license_type.lower())
    return words or f"Upstream calls its licence “{endpoint.license_type}”."


def links(endpoint: Endpoint) -> list[tuple[str, str]]:
    """Return links to more about the model as (label, address); http and https only."""
    page = f"https://fal.ai/models/{endpoint.endpoint_id}" if settings.UPSTREAM == "fal" else ""
    candidates = [("On fal.ai", page), ("Source code", endpoint.github_url)]
    return [(word, url) for word, url in candidates if urlsplit(url).scheme in {"https", "http"}]


def collections(user: User, endpoint: Endpoint) -> list[Collection]:
    """Return the collections that contain the model; for staff also drafts."""
    found = Collection.objects.all() if user.is_staff else Collection.objects.published()
    return list(found.filter(items__endpoint=endpoint).only("slug", "title", "is_published"))


def examples(endpoint: Endpoint) -> list[history.Row]:
    """Return the newest runs that colleagues show as examples of the model."""
    runs = Run.objects.examples().filter(endpoint=endpoint).recent().select_related("user")
    return [history.row(run) for run in runs[:EXAMPLES]]
