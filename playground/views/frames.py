"""Takes a frame from a film, to be used as the input of another model."""

from __future__ import annotations

import uuid
from http import HTTPStatus

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.limits.rate_limit import limit
from core.forms import cleaned
from core.http.htmx import HtmxRequest
from core.refusals import Refused
from playground.form.prefill import place_of_run
from playground.views.runs import find_run, run_page
from projects import current, roles
from runs.files import frames as domain
from runs.files import result_names, storage_limits, uploads
from runs.models import Run


class MomentForm(forms.Form):
    """The moment of a frame, in seconds from the film's beginning; without it, the last frame."""

    at = forms.FloatField(
        required=False,
        min_value=0,
        error_messages={
            "invalid": "Say the moment in seconds, such as 1.5.",
            "min_value": "The film begins at 0 s. Choose a later moment.",
        },
    )


@limit("file")
@require_POST
def frames(request: HtmxRequest, pk: uuid.UUID, position: int) -> HttpResponseBase:
    """Keep the frame that a film shows `at` a moment, or its last one; then open "Use as…".

    It goes to the film's project if the user may begin something there. Scripts
    (`Accept: application/json`) get the address of the menu, or a sentence as `error`.
    """
    run = find_run(request, pk, may_read=True)
    film = next((file for file in run.artifacts.all() if file.position == position), None)
    if film is None:
        raise Http404("The run has no such film.")
    project = place_of_run.project_of(request.user, pk) or current.current(request)
    if refusal := roles.refusal_to_make(request.user, project):
        return _refuse(request, run, refusal, HTTPStatus.FORBIDDEN)
    name = result_names.Namer(request.user).result(run, film)
    try:
        at_s = cleaned(MomentForm(request.POST))["at"]
        upload = domain.keep(request.user.pk or 0, film, name, at_s, project)
    except uploads.NotStored as error:
        return _refuse(request, run, str(error), HTTPStatus.INSUFFICIENT_STORAGE)
    except (Refused, storage_limits.QuotaExceeded) as error:
        return _refuse(request, run, str(error), HTTPStatus.UNPROCESSABLE_ENTITY)
    uses = reverse("playground:upload-uses", args=[upload.pk]) + current.query(project)
    return JsonResponse({"uses": uses}) if _is_script(request) else redirect(uses)


def _refuse(request: HtmxRequest, run: Run, why: str, status: HTTPStatus) -> HttpResponseBase:
    if _is_script(request):
        return JsonResponse({"error": why}, status=status)
    messages.error(request, why)
    return run_page(request, run, status=status)


def _is_script(request: HtmxRequest) -> bool:
    return "application/json" in request.headers.get("Accept", "")
