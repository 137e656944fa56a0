"""Takes an admin's reason for looking at somebody's private work, and notifies its user."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts import permissions
from core.http.htmx import HtmxRequest
from features.notifications import outbox
from house.kinds import LOOKED_AT
from playground.display import covered_row
from runs.models import Run
from runs.ownership import looks
from runs.promises import keeping
from runs.state import state_machine


@require_POST
def look(request: HtmxRequest, kind: str, pk: uuid.UUID) -> HttpResponseBase:
    """Open a private row for a day, with a reason; without one show its page with an error."""
    if not permissions.may_see_runs(request.user):
        permissions.require(request.user, permissions.VIEW_RUN)
    row = covered_row.covered(request.user, kind, pk) if kind in keeping.private_pages() else None
    if row is None:
        raise Http404("This does not exist, or you may already look at it.")
    form = covered_row.ReasonForm(request.POST)
    if not form.is_valid():
        return covered_row.render_covered(request, kind, row, form)
    reason = form.cleaned_data["reason"]
    by, noun = request.user.get_username(), row._meta.verbose_name
    row_phrase = f"run of {row.endpoint.name}" if isinstance(row, Run) else str(noun)
    with transaction.atomic():
        opened_look = looks.open_row(row, request.user, reason)
        if isinstance(row, Run):
            state_machine.note_deed(row.pk, "looked", f"By {by}, who gave the reason: {reason}")
        outbox.notify(
            row.user,
            LOOKED_AT,
            subject=f"{by} looked at one of your private {noun}s",
            text=f"{by} may look at your {row_phrase} for a day. The reason: {reason}",
            path=row.get_absolute_url(),
            key=f"look {opened_look.pk} {opened_look.until.isoformat()}",
        )
    return redirect(row)
