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
    """Save the tab's draft and return `{"version"}`."""
    endpoints = Endpoint.objects.only("endpoint_id", "schema_id")
    found = get_object_or_404(endpoints, endpoint_id=endpoint_id)
    post, tab = form.form_fields(request), form.parse_tab(request)
    try:
        version = drafts.save(request.user, found, post, tab)
    except drafts.TooLarge as error:
        return JsonResponse({"error": str(error)}, status=422)
    return JsonResponse({"version": version})
