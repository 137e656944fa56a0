"""What the form's script posts while a person types."""

from __future__ import annotations

from django.http import JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from catalog.models import Endpoint
from playground.form import drafts
from playground.views import form
from playground.views.runs import HtmxRequest


@require_POST
def draft(request: HtmxRequest, endpoint_id: str) -> JsonResponse:
    """Keep what was typed so far: `{"version"}`, or `{"clash"}` where another tab's is the draft and this is kept beside it."""
    endpoints = Endpoint.objects.only("endpoint_id", "schema_id")
    found = get_object_or_404(endpoints, endpoint_id=endpoint_id)
    is_forced = request.POST.get("~do") == "keep-mine"
    post, tab = form.controls(request), form.tab(request)
    try:
        version = drafts.keep(request.user, found, post, tab, is_forced=is_forced)
    except drafts.TooLarge as error:
        return JsonResponse({"error": str(error)}, status=422)
    except drafts.Clash as clash:
        return JsonResponse({"clash": clash.version})
    return JsonResponse({"version": version})
