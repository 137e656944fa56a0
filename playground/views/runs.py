"""The history of runs, the page of one run, and the actions on it."""

from __future__ import annotations

import uuid
from urllib.parse import parse_qs, urlencode, urlsplit

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import (
    HttpResponseClientRedirect,
    push_url,
    replace_url,
    reswap,
    retarget,
    trigger_client_event,
)

from accounts import permissions
from core.http.htmx import HtmxRequest
from fal.db_safe import db_safe
from playground.display import history, json_tree, renderers
from playground.models import Run
from playground.runs import rerun, state_machine, watch_tokens

PAGE = 30
# Input and output are private: no browser may keep a copy past a logout.
no_store = cache_control(private=True, no_store=True)


@require_safe
@no_store
def index(request: HtmxRequest) -> HttpResponse:
    """List the history, newest first, by cursor; the filters are in the address."""
    filters = history.Filters.from_query(request.GET)
    runs = list(filters.apply(Run.objects.visible_to(request.user).recent())[: PAGE + 1])
    more = runs[PAGE - 1].created_at.isoformat() if len(runs) > PAGE else ""
    context = {
        "runs": [history.row(run) for run in runs[:PAGE]],
        "filters": filters,
        "states": history.STATES,
        "more": more,
        "since": history.newest_moment([] if filters.before else runs),
        "is_unfinished": any(not run.is_final for run in runs),
    }
    return render(request, "playground/runs.html", context)


@require_safe
@no_store
def newer(request: HtmxRequest) -> HttpResponse:
    """Render how many matching runs are newer than the list; 204 if there are none."""
    filters = history.Filters.from_query(request.GET)
    since = history.parse_moment(request.GET.get("since", "")) or timezone.now()
    runs = filters.apply(Run.objects.visible_to(request.user))
    count = runs.filter(created_at__gt=since).count()
    if not count:
        return HttpResponse(status=204)
    return render(request, "playground/partials/_newer.html", {"count": count})


@require_safe
@no_store
def latest(request: HtmxRequest) -> HttpResponse:
    """Render this person's newest runs for the front page; 204 if `?newest` is still the newest."""
    rows = [history.row(run) for run in Run.objects.filter(user_id=request.user.pk).recent()[:6]]
    if request.GET.get("newest") == history.newest_id(rows):
        return HttpResponse(status=204)
    return render(request, "playground/partials/_latest_runs.html", {"runs": rows})


@require_safe
@no_store
def run(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Show one run, updating until it ends; everybody may see the team's examples."""
    return _page(request, _run(request, pk, may_look=True))


def _page(request: HtmxRequest, found: Run, status: int = 200) -> HttpResponse:
    context = renderers.context(found) | {
        "is_readonly": found.user_id != request.user.pk and not request.user.is_staff,
        "rows": history.argument_rows(db_safe(found.arguments)),
        "arguments_text": json_tree.preview(found.arguments),
        "sent_text": json_tree.preview(found.sent_arguments)
        if found.sent_arguments is not None
        else "",
        "watch": watch_tokens.watch_token(found, "page"),
        "is_page": True,
    }
    return render(request, "playground/run.html", context, status=status)


@require_POST
def cancellation(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Request the run's cancellation; its page shows how it really ended."""
    found = _run(request, pk)
    permissions.require_for(request.user, found.user_id, permissions.CANCEL_RUN)
    by = permissions.name_of_other(request.user, found.user_id)
    state_machine.request_cancel(found.pk, by)
    if request.htmx:
        return HttpResponse(status=204)
    return redirect("playground:run", pk)


@require_POST
def repetition(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Run the same arguments again as a new run, also if the old one is still unconfirmed."""
    found = _run(request, pk)
    try:
        again = rerun.rerun(found, request.user)
    except state_machine.Refused as refused:
        if request.htmx:
            detail = {"text": str(refused)}
            return trigger_client_event(HttpResponse(status=422), "toast", detail)
        messages.error(request, str(refused))
        return _page(request, found, status=422)
    return _show_new_run(request, again)


def _show_new_run(request: HtmxRequest, made: Run) -> HttpResponseBase:
    """Show a new run where the button was: on the stage of its model's page, or on its own page."""
    if _path_from(request) != made.endpoint.get_absolute_url():
        if request.htmx:
            return announce_new_run(HttpResponseClientRedirect(made.get_absolute_url()), made)
        return redirect(made)
    if not request.htmx:
        return redirect(stage_address(made))
    response = render(request, "playground/run/_stage.html", renderers.context(made))
    # The form beside the stage is not rendered again: it holds what was typed.
    response = reswap(retarget(response, "#stage"), "innerHTML")
    return announce_new_run(address_result(request, response, made), made)


def announce_new_run(response: HttpResponse, made: Run) -> HttpResponse:
    """Announce a new run to the person's other tabs (`new-runs.js`)."""
    return trigger_client_event(response, "run:started", {"id": str(made.pk)})


def address_result(request: HtmxRequest, response: HttpResponse, run: Run) -> HttpResponse:
    """Give the page the address of the run now on its stage; Back returns to the run before it."""
    before = parse_qs(urlsplit(request.htmx.current_url or "").query).get("shown", [""])[-1]
    is_other = before not in {"", str(run.pk)}
    return (push_url if is_other else replace_url)(response, stage_address(run))


def stage_address(run: Run) -> str:
    """Return the address of the model's page with the run on its stage."""
    return f"{run.endpoint.get_absolute_url()}?{urlencode({'shown': str(run.pk)})}"


def _path_from(request: HtmxRequest) -> str:
    """Return the path of the page that posts."""
    return urlsplit(request.htmx.current_url or request.headers.get("Referer", "")).path


@require_POST
def star(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Star the run, or remove its star."""
    found = _run(request, pk)
    permissions.require_for(request.user, found.user_id, permissions.CHANGE_RUN)
    found.is_starred = not found.is_starred
    found.save(update_fields=["is_starred"])
    _record_deed(request, found, "starred" if found.is_starred else "unstarred")
    if request.htmx:
        return render(request, "playground/partials/_run_star.html", {"run": found})
    return redirect(found)


@require_POST
def example(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Show a successful run to the team as an example of its model, or make it private again."""
    found = _run(request, pk)
    permissions.require_for(request.user, found.user_id, permissions.PUBLISH_RUN)
    if found.state != Run.State.SUCCEEDED:
        raise Http404("Only a run that went well is an example.")
    found.is_example = request.POST.get("example") == "1"
    found.save(update_fields=["is_example"])
    _record_deed(request, found, "shown" if found.is_example else "unshown")
    if request.htmx:
        return render(request, "playground/partials/_run_example.html", {"run": found})
    return redirect(found)


def _record_deed(request: HttpRequest, found: Run, what: str) -> None:
    """Record in the run's timeline what somebody other than its owner did with it."""
    if by := permissions.name_of_other(request.user, found.user_id):
        state_machine.note_deed(found.pk, what, f"By {by}.")


def _run(request: HttpRequest, pk: uuid.UUID, *, may_look: bool = False) -> Run:
    """Return one of the person's own runs, or with `may_look` any that they may read."""
    runs = Run.objects
    allowed = runs.readable_by(request.user) if may_look else runs.visible_to(request.user)
    return get_object_or_404(allowed.with_endpoint().prefetch_related("artifacts"), pk=pk)
