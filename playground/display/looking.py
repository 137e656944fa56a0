"""The page of a run of which an admin may only know that it happened, until they say why."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts import permissions
from runs.models import Run
from runs.ownership import looks

if TYPE_CHECKING:
    import uuid

    from django.contrib.auth.models import AnonymousUser, User


def covered(user: User | AnonymousUser, pk: uuid.UUID) -> Run | None:
    """Return the run without what is in it, if the user may only know that it happened."""
    if not permissions.may_see_runs(user):
        return None
    run = Run.objects.with_endpoint().light().select_related("user").filter(pk=pk).first()
    return run if run is not None and Run.objects.covered_to(user, [run]) else None


def page(request: HttpRequest, run: Run, error: str = "") -> HttpResponse:
    """Render what is known of a covered run, and the form for the reason; 422 with an error."""
    context = {
        "run": run,
        "hours": int(looks.LASTS.total_seconds() // 3600),
        "min_chars": looks.MIN_REASON_CHARS,
        "max_chars": looks.MAX_REASON_CHARS,
        "reason": request.POST.get("reason", ""),
        "error": error,
        "may_cancel": run.is_awaited and permissions.may(request.user, permissions.CANCEL_RUN),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK
    return render(request, "playground/run_covered.html", context, status=status)
