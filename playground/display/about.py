"""Context of a model's About tab: records, examples, collections, licence, links."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from catalog.changelog import queries
from catalog.curation import notes
from catalog.filters.facts import is_new, texts
from catalog.locks import locks_of
from catalog.models import Collection, Endpoint, Revision
from catalog.related import related_models
from playground.display import history
from playground.display.sample import sample_of
from projects import current
from runs.models import Run
from runs.progress import current_upstream, model_calls
from runs.promises import places
from runs.records import model_record

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.http import HttpRequest

EXAMPLES = 12
LICENCES = {
    "commercial": "What it makes may be used commercially.",
    "research": "For research only: what it makes may not be used commercially.",
    "private": "It is private to its maker's account.",
}


def context(request: HttpRequest, endpoint: Endpoint) -> dict[str, Any]:
    """Return the context of the templates in `about/`; the same number of queries for any model."""
    user, revision = cast("User", request.user), Revision.current()
    project = current.current(request)
    return {
        "endpoint": endpoint,
        "related": related_models.find_related(endpoint, revision),
        "locks": locks_of(request, revision),
        "calls": model_calls.calls_to(endpoint.pk, Run.objects.in_project(project, user)),
        "licence": licence(endpoint),
        "links": links(endpoint),
        "is_new": is_new(endpoint.published_at),
        "tags": texts(endpoint.tags),
        "collections": collections(user, endpoint),
        "examples": examples(endpoint),
        "sample": sample_of(endpoint),
        "decisions": places.decisions_for(user, endpoint),
        "notes": notes.notes_for(endpoint),
        "note_form": notes.NoteForm(),
        "model_changes": queries.of_model(endpoint),
        "records": model_record.both(current.current(request), endpoint),
    }


def licence(endpoint: Endpoint) -> str:
    """Return a sentence on what upstream's licence allows the results to be used for."""
    if not endpoint.license_type:
        return "Upstream says nothing about its licence."
    sentence = LICENCES.get(endpoint.license_type.lower())
    return sentence or f"Upstream calls its licence “{endpoint.license_type}”."


def links(endpoint: Endpoint) -> list[tuple[str, str]]:
    """Return links to more about the model as (label, address); http and https only."""
    upstream = current_upstream.get()
    is_fal = upstream is not None and not upstream.is_free
    page = endpoint.model_url
    if urlsplit(page).netloc in {"", "fal.run"}:  # so far all are addresses of programs
        page = f"https://fal.ai/models/{endpoint.endpoint_id}"
    is_licence = "license" in endpoint.github_url.lower()  # as most of these links are
    candidates = [
        ("On fal.ai", page if is_fal else ""),
        ("Licence text" if is_licence else "Source code", endpoint.github_url),
    ]
    return [(word, url) for word, url in candidates if urlsplit(url).scheme in {"https", "http"}]


def collections(user: User, endpoint: Endpoint) -> list[Collection]:
    """Return the collections that contain the model; for staff also drafts."""
    visible = Collection.objects.all() if user.is_staff else Collection.objects.published()
    return list(visible.filter(items__endpoint=endpoint).only("slug", "title", "is_published"))


def examples(endpoint: Endpoint, most: int = EXAMPLES) -> list[history.Row]:
    """Return the newest runs that colleagues show as examples of the model."""
    example_runs = Run.objects.examples().filter(endpoint=endpoint)
    return [history.row(run) for run in example_runs.load_recent(most)]
