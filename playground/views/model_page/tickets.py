"""Issues the tickets with which a page opens a live session."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from accounts.limits.rate_limit import limit
from catalog.models import Endpoint
from core.http.htmx import HtmxRequest
from playground.form import form_state
from playground.views import refusals
from projects import current, roles
from projects.models import Project
from projects.rules import door
from runs import confirmation, starting, transport_choices
from runs.costs.cost import estimate_run
from runs.realtime import tickets
from runs.refused_starts import Forbidden


@limit("ticket")
@require_POST
def ticket(request: HtmxRequest, endpoint_id: str) -> HttpResponse:
    """Return `{"url"}`: the address of a session, valid once and for a minute.

    The form is posted along: where the user may not run it, where its first picture is not
    affordable, or has to be agreed to first, that is said by a part of a page, with 402 or 403.
    """
    endpoint = get_object_or_404(Endpoint, endpoint_id=endpoint_id)
    if not transport_choices.is_live(endpoint) or not endpoint.is_runnable:
        raise Http404("This model has no live sessions here.")
    project = current.current(request)
    try:
        _require_startable(request, endpoint, project)
    except Forbidden as refused:
        return refusals.answer(request, refused, {}, is_part=True)
    # The browser's own Origin; a forged one does not pass the CSRF check.
    origin = request.headers.get("Origin") or f"{request.scheme}://{request.get_host()}"
    signed = tickets.sign(
        request.user.pk,
        endpoint.endpoint_id,
        origin,
        request.session.session_key,
        project_id=project.pk,
        said=confirmation.said_by(request),
    )
    return JsonResponse({"url": f"{settings.REALTIME_URL}/?ticket={signed}"})


def _require_startable(request: HtmxRequest, endpoint: Endpoint, project: Project) -> None:
    """Raise Forbidden, with the reason, if a session with the posted form may not begin."""
    refusal = roles.refusal_to_make(request.user, project) or door.refusal(project, endpoint)
    if refusal:
        raise Forbidden(refusal)
    arguments, problems = form_state.parse_form(endpoint, dict(request.POST.lists()))
    if not problems:  # else the session says what is wrong, and begins when it is mended
        estimate = estimate_run(endpoint, arguments)
        starting.require_affordable(request.user, project, [(endpoint, estimate)])
