"""One item of a share, large: a page of its own, or what the page's viewer shows; and meshes."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from playground.views import files
from runs.files.media import mesh_viewer
from runs.models import Artifact
from sharing import items
from sharing.access import Visit, for_visitors
from sharing.visits import tiles

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest


@require_safe
@for_visitors
def page(request: HtmxRequest, visit: Visit, number: int) -> HttpResponse:
    """Show an item with links to those before and after it; a script gets the item alone."""
    shown = items.of(visit.share)
    at = next((at for at, one in enumerate(shown) if one.item.number == number), None)
    if at is None:
        raise Http404(items.GONE)
    (tile,) = tiles.of([items.with_making(shown[at])])
    context = {
        "visit": visit,
        "share": visit.share,
        "tile": tile,
        "place": at + 1,
        "count": len(shown),
        "before": shown[at - 1].item.number if at else None,
        "after": shown[at + 1].item.number if at + 1 < len(shown) else None,
    }
    template = "sharing/_item.html" if request.htmx else "sharing/item.html"
    return render(request, template, context)


@require_safe
@xframe_options_sameorigin
@for_visitors
def mesh(request: HtmxRequest, visit: Visit, number: int) -> HttpResponseBase:
    """Serve a 3D model in a viewer for a sandboxed frame, which can make no requests."""
    artifact = items.artifact_of(visit.share, items.item_at(visit.share, number))
    if artifact is None or artifact.kind != "mesh" or artifact.state == Artifact.State.LOST:
        raise Http404(items.GONE)
    if artifact.state == Artifact.State.REMOTE:
        template = "playground/artifacts/viewer_loading.html"
        return render(request, template, status=HTTPStatus.ACCEPTED)
    name = mesh_viewer.page_name(artifact.file)
    response = files.from_storage(name, mesh_viewer.UNSHOWN, lambda: files.mesh_page(name))
    response.headers["Cache-Control"] = "private, no-cache"
    return response
