"""The files of a share: open to whoever may open it, by the number of the item."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404, HttpResponseBase
from django.views.decorators.http import require_safe

from core.file_names import portable_name
from playground.views import files
from runs.models import Artifact
from sharing import items
from sharing.access import Visit, for_visitors

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

# A browser asks again each time: what has ended is gone at once.
CACHE = "private, no-cache"


@require_safe
@for_visitors
def file(request: HtmxRequest, visit: Visit, number: int) -> HttpResponseBase:
    """Serve the file, whole or in ranges."""
    artifact = _artifact(visit, number)
    return _serve(request, visit, number, artifact.file, artifact.content_type)


@require_safe
@for_visitors
def thumbnail(request: HtmxRequest, visit: Visit, number: int) -> HttpResponseBase:
    """Serve its small picture."""
    return _serve(request, visit, number, _artifact(visit, number).thumbnail, "image/webp")


@require_safe
@for_visitors
def poster(request: HtmxRequest, visit: Visit, number: int) -> HttpResponseBase:
    """Serve the still picture of a film."""
    return _serve(request, visit, number, _artifact(visit, number).poster, "image/webp")


def _artifact(visit: Visit, number: int) -> Artifact:
    stored = items.artifacts_of(visit.share, number).filter(state=Artifact.State.STORED)
    artifact = stored.first()
    if artifact is None:
        raise Http404(items.GONE)
    return artifact


def _serve(
    request: HtmxRequest, visit: Visit, number: int, name: str, content_type: str
) -> HttpResponseBase:
    if not name:
        raise Http404("There is no picture of this file.")
    title = visit.share.title or "result"
    response = files.serve(request, name, content_type, portable_name(f"{title} {number}"))
    response.headers["Cache-Control"] = CACHE
    return response
