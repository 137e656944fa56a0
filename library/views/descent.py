"""The line of descent of a run: a part of its page, and a page of its own."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from library.descent.nodes import nodes_of
from runs.models import Run

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest


@require_safe
@cache_control(private=True, no_store=True)
@vary_on_headers("HX-Request")
def descent(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Show what a run was made of and what was made of it, to whoever may read the run."""
    readable = Run.objects.readable_by(request.user).with_endpoint().light()
    run = get_object_or_404(readable.prefetch_related("artifacts"), pk=pk)
    part = "_descent" if request.htmx else "descent"
    nodes = nodes_of(run, request.user)
    context = {"run": run, "nodes": nodes, "is_alone": all(node.is_alone for node in nodes)}
    return render(request, f"library/descent/{part}.html", context)
