"""The About part of a model's page, loaded when it is opened."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from catalog.models import Endpoint
from core.http.htmx import HtmxRequest
from playground.display import about


@require_safe
def part(request: HtmxRequest, endpoint_id: str) -> HttpResponse:
    """Render one model's family, likes, price, duration, licence, examples and notes."""
    endpoint = get_object_or_404(Endpoint, endpoint_id=endpoint_id)
    context = about.context(request, endpoint)
    return render(request, "playground/about/_about.html", context)
