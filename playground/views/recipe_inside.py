"""Serves a picture with the recipe that made it inside."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence

from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from core.http.streaming import OffThreadStream
from playground.form.restoring import recipes
from playground.views import files
from playground.views.runs import no_store
from runs.files import result_names
from runs.files.metadata.embedding import NotEmbeddable, Patch, patched, patches
from runs.models import Artifact, Run

REFUSED = "playground/restorations/not_inside.html"


@require_safe
@no_store
def with_recipe(request: HttpRequest, pk: uuid.UUID, position: int) -> HttpResponseBase:
    """Serve a stored PNG, JPEG or WebP with its recipe inside; its pixels stay as they are.

    422 with a page that says why a file takes none, as one that is signed, and offers it unchanged.
    """
    run = get_object_or_404(Run.objects.readable_by(request.user).with_endpoint(), pk=pk)
    stored = run.artifacts.filter(state=Artifact.State.STORED)
    artifact = get_object_or_404(stored, position=position)
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
