"""Issues the tickets with which a page opens a live session."""

from __future__ import annotations

from http import HTTPStatus

from django.conf import settings
from django.http import Http404, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from accounts.limits.rate_limit import limit
from catalog.models import Endpoint
from core.http.htmx import HtmxRequest
from projects import current, roles
from projects.rules import door
from runs import transport_choices
from runs.realtime import tickets


@limit("ticket")
@require_POST
def ticket(request: HtmxRequest, endpoint_id: str) -> JsonResponse:
    """Return `{"url"}`: the address of a session, valid once and for a minute.

    `{"error"}` with 403 if the user may run nothing in the project, or not this model.
    """
    endpoint = get_object_or_404(Endpoint, endpoint_id=endpoint_id)
    if not transport_choices.is_live(endpoint) or not endpoint.is_runnable:
        raise Http404("This model has no live sessions here.")
    project = current.current(request)
    refusal = roles.refusal_to_make(request.user, project) or door.refusal(project, endpoint)
    if refusal:
        return JsonResponse({"error": refusal}, status=HTTPStatus.FORBIDDEN)
    # The browser's own Origin; a forged one does not pass the CSRF check.
    origin = request.headers.get("Origin") or f"{request.scheme}://{request.get_host()}"
    signed = tickets.sign(
        request.user.pk,
        endpoint.endpoint_id,
        origin,
        request.session.session_key,
        project_id=project.pk,
    )
    return JsonResponse({"url": f"{settings.REALTIME_URL}/?ticket={signed}"})
