"""A form while it is filled in: drafts and their undo, tickets of live sessions."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from accounts.limits.rate_limit import limit
from catalog.models import Endpoint
from core.http.htmx import HtmxRequest
from core.http.posts import hidden
from playground.form import drafts, form_state, run_costs
from playground.form.form_state import FormContents, FormState
from playground.views import refusals
from playground.views.model_page import page
from playground.views.model_page.filling import fill
from playground.views.model_page.posted_form import redraw, with_form
from projects import current, roles
from projects.models import Project
from projects.rules import enforcement
from runs.costs.cost import estimate_run
from runs.realtime import tickets
from runs.start import confirmation, starting, transport_choices
from runs.start.refused_starts import Forbidden

_COLUMNS = (
    "endpoint_id",
    "schema_id",
    "facts",
    "unit_price_usd",
    "price_unit",
    "measured_price",
    "measured_unit",
    "measured_runs",
    "measured_groups",
    "currency",
    "duration_estimate_min",
)


@limit("draft")
@require_POST
def draft(request: HtmxRequest, endpoint_id: str) -> JsonResponse:
    """Save the tab's draft; returns `{"version", "cost"}`, the cost of running it."""
    endpoint = get_object_or_404(Endpoint.objects.only(*_COLUMNS), endpoint_id=endpoint_id)
    post, tab = page.form_fields(request), page.parse_tab(request)
    contents = FormContents(endpoint, post)
    try:
        version = drafts.save(request.user, contents, tab)
    except drafts.TooLarge as error:
        return JsonResponse({"error": str(error)}, status=422)
    times = run_costs.times(hidden(request, run_costs.CONTROL))
    project = current.current(request)
    resolved, named_inputs = form_state.with_names(endpoint, contents.parsed, request.user, project)
    cost = run_costs.of_form(endpoint, resolved, times, named_inputs).as_json()
    return JsonResponse({"version": version, "cost": cost})


@with_form
def undo(request: HtmxRequest, contents: FormContents) -> HttpResponseBase:
    """Restore the form's previous contents; this can itself be undone."""
    version, former_post = drafts.undo(request.user, contents, page.parse_tab(request))
    word = "" if contents.is_untouched else "Redo"
    filled = FormState(former_post, "Everything is back as it was.", undo=word)
    return redraw(request, contents, filled, version=version)


@with_form
def other(request: HtmxRequest, contents: FormContents) -> HttpResponseBase:
    """Fill the form with the draft of another browser tab."""
    endpoint = contents.endpoint
    own = drafts.find(request.user, endpoint, page.parse_tab(request))
    draft = drafts.other_draft(request.user, endpoint, own) or own
    return fill(request, contents, FormState(draft.post, "This is what the other tab holds."))


@limit("ticket")
@require_POST
def ticket(request: HtmxRequest, endpoint_id: str) -> HttpResponse:
    """Return `{"url"}`: the address of a session, valid once and for a minute.

    The post contains the form. If the user may not run it, cannot afford its first picture or has
    to agree to its price first, a part of a page says so, with status 402 or 403.
    """
    endpoint = get_object_or_404(Endpoint, endpoint_id=endpoint_id)
    if not transport_choices.is_live(endpoint) or not endpoint.is_runnable:
        raise Http404("This model has no live sessions here.")
    project = current.current(request)
    try:
        _require_startable(request, endpoint, project)
    except Forbidden as refusal:
        return refusals.answer(request, refusal, {}, is_part=True)
    # The browser's own Origin; a forged one does not pass the CSRF check.
    origin = request.headers.get("Origin") or f"{request.scheme}://{request.get_host()}"
    signed = tickets.sign(
        request.user.pk,
        endpoint.endpoint_id,
        origin,
        request.session.session_key,
        project_id=project.pk,
        confirmation=confirmation.said_by(request),
    )
    return JsonResponse({"url": f"{settings.REALTIME_URL}/?ticket={signed}"})


def _require_startable(request: HtmxRequest, endpoint: Endpoint, project: Project) -> None:
    """Raise Forbidden, with the reason, if a session with the posted form may not begin."""
    refusal = roles.refusal_to_make(request.user, project) or enforcement.refusal(project, endpoint)
    if refusal:
        raise Forbidden(refusal)
    arguments, problems = form_state.parse_form(endpoint, page.form_fields(request))
    if not problems:  # else the session reports the problems, and begins when they are fixed
        estimate = estimate_run(endpoint, arguments)
        starting.require_affordable(request.user, project, endpoint, estimate)
