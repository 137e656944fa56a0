"""Takes the reason of an admin who needs to look at somebody's private run, and tells its user."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts import permissions
from core.http.htmx import HtmxRequest
from notifications import outbox
from people.looking.kinds import LOOKED_AT
from playground.display import looking
from runs import state_machine
from runs.ownership import looks


@require_POST
def look(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Open a private run for a day, with a reason; without one its page again, with a sentence."""
    if not permissions.may_see_runs(request.user):
        permissions.require(request.user, permissions.VIEW_RUN)
    run = looking.covered(request.user, pk)
    if run is None:
        raise Http404("There is no such run, or you may look at it already.")
    try:
        reason = looks.clean_reason(request.POST.get("reason", ""))
    except ValueError as error:
        return looking.page(request, run, str(error))
    by, model = request.user.get_username(), run.endpoint.name
    with transaction.atomic():
        opened = looks.open_run(run, request.user, reason)
        state_machine.note_deed(run.pk, "looked", f"By {by}, who gave the reason: {reason}")
        outbox.notify(
            run.user,
            LOOKED_AT,
            subject=f"{by} looked at one of your private runs",
            text=f"{by} may look at your run of {model} for a day. The reason: {reason}",
            path=run.get_absolute_url(),
            key=f"look {opened.pk} {opened.until.isoformat()}",
        )
    return redirect(run)
