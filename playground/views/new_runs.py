"""Runs started by a button next to a run: the run again, one of its results, more like it.

A new run appears on the stage of its model's page; on any other page, its own page opens. Of
several runs, the first appears there, and all of them are the newest try below it.
"""

from __future__ import annotations

import uuid
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST
from django_htmx.http import (
    HttpResponseClientRedirect,
    push_url,
    replace_url,
    reswap,
    retarget,
    trigger_client_event,
)

from accounts import permissions
from accounts.limits import rate_limit
from accounts.limits.rate_limit import limit
from core.http.htmx import HtmxRequest
from core.http.posts import hidden, press_token
from playground import rerun, takeovers
from playground import variations as runs_of_press
from playground.display import renderers
from playground.views import refusals
from playground.views.runs import find_run, run_page
from projects import current
from projects.rights import Rights
from runs.models import Run
from runs.start import refused_starts


@limit("run")
@require_POST
def repetition(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Run the same arguments again as a new run, also if the old one is still unconfirmed."""
    run = find_run(request, pk)
    try:
        new_run = rerun.rerun(run, request.user, press_token(request), current.current(request))
    except refused_starts.StartRefused as refusal:
        return _refuse(request, run, refusal)
    return _show_new_run(request, new_run)


@limit("run")
@require_POST
def takeover(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Let the model `to` make the run; a run that still waits is cancelled."""
    run = find_run(request, pk)
    if not run.is_final:
        Rights(request.user, run).require_removal(permissions.CANCEL_RUN)
    try:
        new_run = takeovers.start(
            run,
            hidden(request, "to"),
            request.user,
            press_token(request),
            current.current(request),
        )
    except refused_starts.StartRefused as refusal:
        return _refuse(request, run, refusal)
    return _show_new_run(request, new_run)


@limit("run")
@require_POST
def artifact_repetition(request: HtmxRequest, pk: uuid.UUID, position: int) -> HttpResponseBase:
    """Make one of a run's results again as a new run, without the others."""
    run = find_run(request, pk)
    if position not in {artifact.position for artifact in run.artifacts.all()}:
        raise Http404("The run has no such file.")
    try:
        new_run = rerun.rerun_alone(
            run, position, request.user, press_token(request), current.current(request)
        )
    except refused_starts.StartRefused as refusal:
        return _refuse(request, run, refusal)
    return _show_new_run(request, new_run)


@limit("run")
@require_POST
def variations(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Start more runs with the same arguments and new seeds, which are one try."""
    original = find_run(request, pk)
    additional_runs = len(runs_of_press.plan_more(original).runs) - 1
    if wait_s := rate_limit.take_more(request, additional_runs):
        return rate_limit.too_many_requests(request, wait_s)
    try:
        runs = runs_of_press.more_like(
            original, request.user, press_token(request), current.current(request)
        )
    except refused_starts.StartRefused as refusal:
        return _refuse(request, original, refusal)
    for run in runs:
        run.endpoint = original.endpoint
    return _show_new_run(request, runs[0], is_alone=len(runs) == 1)


def _refuse(request: HtmxRequest, run: Run, why: refused_starts.StartRefused) -> HttpResponse:
    if isinstance(why, refused_starts.Forbidden):
        if request.htmx:
            return refusals.answer(request, why)
        repeated_post = refusals.again(request, why)
        return run_page(request, run, status=why.status, refused=why, again=repeated_post)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if request.htmx:
        return trigger_client_event(HttpResponse(status=status), "toast", {"text": str(why)})
    messages.error(request, str(why))
    return run_page(request, run, status=status)


def _show_new_run(request: HtmxRequest, run: Run, *, is_alone: bool = True) -> HttpResponseBase:
    """Show a new run in place on the stage of its model's page, else on its own page.

    The first of several opens its model's page, where the others stand below it.
    """
    is_in_place = _path_from(request) == run.endpoint.get_absolute_url()
    address = run.get_absolute_url() if is_alone and not is_in_place else run.stage_link
    if not request.htmx:
        return redirect(address)
    if not is_in_place:
        return announce_new_run(HttpResponseClientRedirect(address), run)
    response = render(request, "playground/run/_stage.html", renderers.context(run))
    # The form beside the stage is not rendered again: it has the user's current text.
    response = reswap(retarget(response, "#stage"), "innerHTML")
    return announce_new_run(address_result(request, response, run.stage_address), run)


def announce_new_run(response: HttpResponse, run: Run) -> HttpResponse:
    """Announce a new run to the user's other tabs (`run-list-refresh.js`)."""
    started = {"id": str(run.pk), "at": run.created_at.isoformat()}
    return trigger_client_event(response, "run:started", started)


def address_result(request: HtmxRequest, response: HttpResponse, address: str) -> HttpResponse:
    """Set the page's address to that of its stage; Back returns to the previous contents."""
    before, now = (
        parse_qs(urlsplit(url).query).get("shown")
        for url in (request.htmx.current_url or "", address)
    )
    is_other = before is not None and before != now
    return (push_url if is_other else replace_url)(response, address)


def _path_from(request: HtmxRequest) -> str:
    """Return the path of the posting page."""
    return urlsplit(request.htmx.current_url or request.headers.get("Referer", "")).path
