"""Finds the settings that made a picture, a run file or a run's page; saves pictures with them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from accounts.limits.rate_limit import limit
from catalog.models import Revision
from catalog.related.use_index import uses
from core.http.caching import no_store
from core.http.downloads import download
from core.http.htmx import HtmxRequest
from core.http.posts import hidden, is_posted
from core.http.streaming import OffThreadStream
from playground.form.prefill import use_as
from playground.form.restoring import by_content, by_recipe, recipes, restore
from playground.form.restoring.by_content import USE, Act, NotFound, Outcome
from projects import current, roles
from runs.files import content_types, result_names
from runs.files.metadata.embedding import NotEmbeddable, Patch, patched, patches
from runs.models import Artifact, Run
from runs.views import files
from runs.views.files import store_upload
from schemas.exact import dumps

REFUSED = "playground/restorations/not_inside.html"


@limit("file")
@require_http_methods(["GET", "HEAD", "POST"])
def restorations(request: HtmxRequest) -> HttpResponseBase:
    """POST `digest` (SHA-256), `address` or `file`: find its origin and the possible actions.

    `name` and `type` describe a file if only its digest is sent. With `use`, `file` is stored as an
    input. Scripts (`Accept: application/json`) get JSON; browsers get a page with the actions, or a
    redirect to the only one. GET shows the form; `?fill=` lists recipes.
    """
    if request.method != "POST":
        return _render_restorations(request)
    is_script = "application/json" in request.headers.get("Accept", "")
    try:
        outcome = _restore(request)
    except (NotFound, ValueError) as error:
        acts = _acts_of_unknown(request) if isinstance(error, NotFound) else []
        if is_script:
            answer = {"error": str(error), "acts": [act._asdict() for act in acts]}
            return JsonResponse(answer, status=422)
        return _render_restorations(request, {"error": str(error), "is_usable": acts}, 422)
    if is_script:
        return JsonResponse(outcome.as_json())
    if len(outcome.acts) == 1:
        return redirect(outcome.acts[0].address)
    return _render_restorations(request, {"outcome": outcome})


def _render_restorations(
    request: HtmxRequest, extra: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    context = {"recipes": restore.choices_of(request.user, request.GET.getlist("fill"))}
    return render(request, "playground/restorations.html", context | (extra or {}), status=status)


def _restore(request: HtmxRequest) -> Outcome:
    if file := request.FILES.get("file"):
        if is_posted(request, "use"):
            return _taken(request, file)
        return restore.by_file(request.user, file, file.size or 0)
    if digest := hidden(request, "digest"):
        return by_content.by_digest(request.user, digest)
    if address := hidden(request, "address"):
        return by_content.by_address(request.user, address)
    raise ValueError("No file arrived. Choose one and try again.")


def _taken(request: HtmxRequest, file: UploadedFile[Any]) -> Outcome:
    """Store a file as an input; the outcome links to the models that accept it."""
    if refusal := roles.refusal_to_make(request.user, current.current(request)):
        raise ValueError(refusal)
    upload = store_upload(request, file)
    return Outcome("", [Act(USE, reverse("playground:upload-uses", args=[upload.pk]))])


def _acts_of_unknown(request: HtmxRequest) -> list[Act]:
    """Return the actions for a file of no run: use it as an input, if a model accepts it."""
    file = request.FILES.get("file")
    name = (file.name if file else hidden(request, "name")) or ""
    content_type = (file.content_type if file else hidden(request, "type")) or ""
    if roles.refusal_to_make(request.user, current.current(request)):
        return []
    kind = use_as.kind_of_file(content_types.kind_named(name, content_type), name)
    is_taken = kind != "file" and uses(Revision.current()).takers(kind)
    return [Act(USE, reverse("playground:uploads"), sends=True)] if is_taken else []


@require_safe
@no_store
def run_file(request: HtmxRequest, pk: str) -> HttpResponseBase:
    """Download a run as a file that can be dropped onto a page to restore its settings."""
    runs = Run.objects.visible_to(request.user).with_endpoint()
    run = get_object_or_404(runs, pk=pk)
    name = result_names.Namer(request.user).of_run(run, ".run.json")
    return download(dumps(by_recipe.run_file(run)), name)


@require_safe
@no_store
def with_recipe(request: HttpRequest, pk: uuid.UUID, position: int) -> HttpResponseBase:
    """Serve a stored PNG, JPEG or WebP with its recipe inside; its pixels stay as they are.

    If a file cannot take a recipe, for example because it is signed, a page with status 422 says
    why and offers the unchanged file.
    """
    run = get_object_or_404(Run.objects.readable_by(request.user).with_endpoint(), pk=pk)
    stored_artifacts = run.artifacts.filter(state=Artifact.State.STORED)
    artifact = get_object_or_404(stored_artifacts, position=position)
    return files.from_storage(artifact.file, files.NOT_HERE, lambda: _serve(request, run, artifact))


def _serve(request: HttpRequest, run: Run, artifact: Artifact) -> HttpResponseBase:
    name = result_names.Namer(request.user).result(run, artifact)
    text = recipes.as_text({name: recipes.recipe_of(run, artifact)})
    with default_storage.open(artifact.file) as picture:
        try:
            changes = patches(picture, recipes.KEYWORD, text)
        except NotEmbeddable as error:
            return render(request, REFUSED, {"artifact": artifact, "why": str(error)}, status=422)
        size_bytes = picture.size + sum(len(change.data) - change.dropped for change in changes)
    headers = {
        "Content-Disposition": content_disposition_header(True, name) or "",
        "Content-Length": str(size_bytes),
        "X-Content-Type-Options": "nosniff",
    }
    content = _content(artifact.file, changes)
    return OffThreadStream(content, content_type=artifact.content_type, headers=headers)


def _content(file: str, changes: Sequence[Patch]) -> Iterator[bytes]:
    with default_storage.open(file) as picture:
        yield from patched(picture, changes)
