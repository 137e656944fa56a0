"""Deletes and restores runs: from the history, a run's page, or in place on a stage."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST
from django_htmx.http import trigger_client_event

from core.formatting import counted
from core.http.htmx import HtmxRequest
from core.http.parameters import parse_moment
from core.http.posts import hidden, is_posted
from playground.display import renderers
from projects.kept.models import GRACE
from runs.models import Run
from runs.models.querysets import RunQuerySet
from runs.ownership import deletion
from runs.progress import watch_tokens
from runs.results import selections

_NOT_DELETED = "Nothing was deleted: the run has not ended, or it is deleted already."
_NOT_RESTORED = "Nothing was brought back: the run is there already, or gone for good."
_UNDER_WAY = (
    "{} of the selected runs had not ended and stay here. Cancel them first, then delete them."
)
_OTHERS = (
    "Not deleted: {}. Only the person who started a run and the managers of its project can "
    "delete it. Ask one of them."
)
_LEFT_OUT = (
    "{} of the list stay here: at most {} can be deleted at once. Delete again for the next ones."
)


@require_POST
def deletions(request: HtmxRequest) -> HttpResponseBase:
    """Delete the posted runs that have ended; the following list offers to undo it.

    On a stage the undo button replaces the run. With `for_good` deleted runs are purged without
    waiting for the rest of their grace period.
    """
    if is_posted(request, "for_good"):
        count = deletion.delete_for_good(
            _posted(request, deletion.restorable(request.user)), request.user
        )
        notice = f"{_counted(count)} for good. The files go within about an hour."
        messages.success(request, notice if count else "Nothing was deleted: first select a run.")
        return _back_to_list(request)
    selected = selections.posted_runs(request, deletion.MOST_AT_ONCE)
    noticed = _among(Run.objects.kept().noticed_by(request.user), selected.keys)
    posted_runs, other_runs = deletion.deletable(noticed, request.user)
    deleted = deletion.delete(posted_runs, request.user)
    if request.htmx:
        return _deleted_in_place(request) if deleted.deleted else _toast_only(_NOT_DELETED)
    if deleted.unfinished:
        messages.warning(request, _UNDER_WAY.format(deleted.unfinished))
    elif not deleted.deleted:
        messages.warning(request, "Nothing was deleted: first select at least one run.")
    if other_runs:
        messages.warning(request, _OTHERS.format(counted(other_runs, "selected run")))
    if selected.left_out:
        left_out = counted(selected.left_out, "older run")
        messages.warning(request, _LEFT_OUT.format(left_out, deletion.MOST_AT_ONCE))
    return _back_to_list(request, deleted.at.isoformat() if deleted.deleted else "")


@require_POST
def recovery(request: HtmxRequest) -> HttpResponseBase:
    """Restore deleted runs: the posted ones, or all that were deleted at the posted time."""
    deleted = deletion.restorable(request.user)
    at = parse_moment(hidden(request, "at"))
    if at is not None:
        chosen_runs = deleted.filter(deleted_by=request.user, deleted_at=at)
    else:
        chosen_runs = _posted(request, deleted)
    count = deletion.restore(chosen_runs, request.user)
    if request.htmx:
        return _restored_in_place(request) if count else _toast_only(_NOT_RESTORED)
    notice = f"{count} run{'s' * (count != 1)} brought back."
    messages.success(request, notice if count else "Nothing was brought back: first select a run.")
    return _back_to_list(request)


def _deleted_in_place(request: HtmxRequest) -> HttpResponse:
    run = _posted_run(request)
    if run is None:
        return _toast_only("The run is deleted.")
    context = {"run": run, "grace_days": GRACE.days}
    response = render(request, "playground/run/_deleted.html", context)
    return trigger_client_event(response, "run:left", after="settle")


def _restored_in_place(request: HtmxRequest) -> HttpResponse:
    """Render the restored run in its former place."""
    run = _posted_run(request)
    if run is None:
        return _toast_only("The run is brought back.")
    context = renderers.context(run, watch_tokens.view_for(request.user, run, "stage"))
    response = render(request, "playground/run/_stage.html", context)
    return trigger_client_event(response, "run:left", after="settle")


def _toast_only(text: str) -> HttpResponse:
    return trigger_client_event(HttpResponse(status=204), "toast", {"text": text})


def _posted_run(request: HttpRequest) -> Run | None:
    """Return the only run of a post from a stage, deleted or not; None if it is covered.

    The user may only know that a covered run exists.
    """
    runs = Run.objects.within_reach_of(request.user).with_endpoint()
    return _posted(request, runs).with_endpoint().with_artifacts().first()


def _counted(count: int) -> str:
    return f"{count} run{'s' * (count != 1)} {'is' if count == 1 else 'are'} deleted"


def _posted(request: HttpRequest, runs: RunQuerySet) -> RunQuerySet:
    """Return those of `runs` that are selected; malformed ids are left out."""
    return _among(runs, selections.posted_runs(request, deletion.MOST_AT_ONCE).keys)


def _among(runs: RunQuerySet, keys: Sequence[uuid.UUID]) -> RunQuerySet:
    return Run.objects.filter(pk__in=runs.order_by().filter(pk__in=keys).values("pk"))


def _back_to_list(request: HttpRequest, deleted: str = "") -> HttpResponseBase:
    """Redirect to the list with the posted filters and the deletion that can be undone."""
    params = selections.listed_query(request)
    params.pop("deleted", None)
    if deleted:
        params["deleted"] = deleted
    return redirect(f"{reverse('library:runs')}?{params.urlencode()}")
