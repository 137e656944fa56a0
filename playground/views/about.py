"""What is known of a model besides its form: a part of its page that comes when somebody gets there."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from catalog.models import Endpoint
from playground import about
from playground.views.runs import HtmxRequest


@require_safe
def part(request: HtmxRequest, endpoint_id: str) -> HttpResponse:
    """Family, likes, price, time, licence, examples and notes of one model, in one piece."""
    found = get_object_or_404(Endpoint, endpoint_id=endpoint_id)
    context = about.context(request.user, found)
    return render(request, "playground/about/_about.html", context)
