"""Where a page asks for leave to open a live session."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from catalog.models import Endpoint
from playground import tickets
from playground.transports import choices
from playground.views.runs import HtmxRequest


@require_POST
def ticket(request: HtmxRequest, endpoint_id: str) -> JsonResponse:
    """`{"url"}`: the address of a session, good for a minute."""
    found = get_object_or_404(Endpoint, endpoint_id=endpoint_id)
    if not choices.is_live(found) or not found.is_runnable:
        raise Http404("This model has no live sessions here.")
    made = tickets.make(request.user.pk, found.endpoint_id)
    return JsonResponse({"url": f"{settings.REALTIME_URL}/?ticket={made}"})
