"""Saves a draft of the form while a person types."""

from __future__ import annotations

from django.http import JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from catalog.models import Endpoint
from core.http.htmx import HtmxRequest
from playground.form import drafts
from playground.views import form


@require_POST
def draft(request: HtmxRequest, endpoint_id: str) -> JsonResponse:
    """Save the draft and return `{"version"}`.

    Returns `{"clash"}` if another tab has written the draft since; this one is then kept beside it.
    """
    endpoints = Endpoint.objects.only("endpoint_id", "schema_id")
    found = get_object_or_404(endpoints, endpoint_id=endpoint_id)
    is_forced = request.POST.get("~do") == "keep-mine"
    post, tab = form.form_fields(request), form.parse_tab(request)
    try:
        version = drafts.save(request.user, found, post, tab, is_forced=is_forced)
    except drafts.TooLarge as error:
        return JsonResponse({"error": str(error)}, status=422)
    except drafts.DraftConflict as clash:
        return JsonResponse({"clash": clash.version})
    return JsonResponse({"version": version})
