"""One model: its form, its code, its schema, its runs."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from catalog.models import Endpoint


def endpoint(request: HttpRequest, endpoint_id: str) -> HttpResponse:
    """The model's page."""
    found = get_object_or_404(Endpoint, endpoint_id=endpoint_id)
    return render(request, "playground/endpoint.html", {"endpoint": found})


def draft(request: HttpRequest, endpoint_id: str) -> HttpResponse:
    """Keep what was typed."""
    return HttpResponse(status=204)
