"""The page of one run, the actions on it, and short lists of the latest runs."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
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
from accounts.limits import rate_limit
from accounts.limits.rate_limit import limit
from core.http.htmx import HtmxRequest
from core.http.parameters import parse_moment
from fal.db_safe import db_safe
from playground import rerun
from playground import variations as runs_of_press
from playground.display import batch, history, json_tree, looking, renderers
from playground.display.comparison.predecessor import predecessor_of
from playground.display.navigation import tray as tray_rows
from projects import current, roles
from projects.models import Project
from runs import owners, starting, state_machine
from runs.models import Run
from runs.ownership import deletion
from runs.progress import watch_tokens
from runs.results import likeness, stars

# Input and output are private: no browser may keep a copy past a logout.
no_store = cache_control(private=True, no_store=True)


@require_safe
@no_store
def latest(request: HtmxRequest) -> HttpResponse:
    """Render the project's newest runs for the front page; 204 if `?newest` is the newest."""
    runs = current.listed(Run.objects.kept(), request).recent()
    if current.is_of_shared_project(request):
        runs = runs.select_related("user")
    rows = history.rows_for(request.user, runs[:6])
    if request.GET.get("newest") == history.newest_id(rows):
        return HttpResponse(status=204)
    return render(request, "playground/partials/_latest_runs.html", {"runs": rows})


@require_safe
@no_store
def tray(request: HtmxRequest) -> HttpResponse:
    """Render the user's runs in progress and those ended after `?since`; 204 without any."""
    since = parse_moment(request.GET.get("since", ""))
    rows = tray_rows.rows(request.user, since)
    if not rows:
        return HttpResponse(status=204)
    return render(request, "playground/tray.html", {"rows": rows})


@require_safe
@no_store
def run(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Show one run, updating until it ends; everybody may see the team's examples.

    Users who may restore a deleted run get the button for that. Whoever may only know that a run
    happened is asked for the reason to look.
    """
    try:
        return _page(request, _run(request, pk, may_read=True))
    except Http404:
        if (covered := looking.covered(request.user, "run", pk)) is not None:
            return looking.page(request, "run", covered)
        deleted = deletion.restorable(request.user).select_related("user", "deleted_by")
        deleted_run = get_object_or_404(deleted.with_endpoint(), pk=pk)
    context = {"run": deleted_run, "grace_days": deletion.GRACE.days}
    return render(request, "playground/run_deleted.html", context)


def _page(request: HtmxRequest, run: Run, status: int = 200, **more: Any) -> HttpResponse:
    view = watch_tokens.view_for(request.user, run, "page")
    context = renderers.context(run, view) | {
        "doubles": likeness.doubles_in(run, request.user),
        "belongs_to": owners.places_of(request.user, run),
        "predecessor": predecessor_of(request.user, run),
        "rows": history.argument_rows(db_safe(run.arguments)),
        "arguments_text": json_tree.preview(run.arguments),
        "sent_text": json_tree.preview(run.sent_arguments)
        if run.sent_arguments is not None
        else "",
        "is_page": True,
        "shared_project": _shared_project(request, run, view),
        "may_hide": run.user_id == request.user.pk and not run.project.is_private,
    }
    return render(request, "playground/run.html", context | more, status=status)


def _shared_project(request: HtmxRequest, run: Run, view: str) -> Project | None:
    """Return the shared project of a run for its members: readers of an example do not learn it."""
    is_member = run.user_id == request.user.pk or bool(watch_tokens.member_of(view))
    return run.project if is_member and not run.project.is_private else None


@require_POST
def cancellation(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Request the run's cancellation; its page shows how it actually ended."""
    run = _run(request, pk, may_cover=True)
    roles.require_for(request.user, run, permissions.CANCEL_RUN)
    by = permissions.name_of_other(request.user, run.user_id)
    state_machine.request_cancel(run.pk, by)
    if request.htmx:
        return HttpResponse(status=204)
    return redirect("playground:run", pk)


@limit("run")
@require_POST
def repetition(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Run the same arguments again as a new run, also if the old one is still unconfirmed."""
    run = _run(request, pk)
    try:
        again = rerun.rerun(run, request.user, current.current(request))
    except starting.Refused as refused:
        return _refuse(request, run, refused)
    return _show_new_run(request, again)


def _refuse(request: HtmxRequest, run: Run, why: starting.Refused) -> HttpResponse:
    is_forbidden = isinstance(why, starting.Forbidden)
    status = HTTPStatus.FORBIDDEN if is_forbidden else HTTPStatus.UNPROCESSABLE_ENTITY
    if request.htmx and is_forbidden:
        return render(request, "projects/_refused.html", {"refused": str(why)}, status=status)
    if request.htmx:
        return trigger_client_event(HttpResponse(status=status), "toast", {"text": str(why)})
    if is_forbidden:
        return _page(request, run, status=status, refused=str(why))
    messages.error(request, str(why))
    return _page(request, run, status=status)


@limit("run")
@require_POST
def variations(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Start more runs with the same arguments and new seeds, and show them together."""
    original = _run(request, pk)
    more = len(runs_of_press.plan_more(original).runs) - 1
    if wait_s := rate_limit.take_more(request, more):
        return rate_limit.too_many_requests(request, wait_s)
    try:
        runs = runs_of_press.more_like(original, request.user, current.current(request))
    except starting.Refused as refused:
        return _refuse(request, original, refused)
    for run in runs:
        run.endpoint = original.endpoint
    return _show_new_run(request, runs[0]) if len(runs) == 1 else _show_new_batch(request, runs)


def _show_new_batch(request: HtmxRequest, runs: list[Run]) -> HttpResponseBase:
    """Show new runs as a grid on the stage of their model's page, whatever page had the button."""
    if request.htmx and _path_from(request) != runs[0].endpoint.get_absolute_url():
        return announce_new_run(HttpResponseClientRedirect(batch.address(runs[0])), runs[0])
    return show_batch(request, runs)


def show_batch(request: HtmxRequest, runs: list[Run], **more: Any) -> HttpResponseBase:
    """Show new runs as a grid on the stage of the posting page, which is their model's.

    `more` is context for the form in the response, if the form was posted.
    """
    address = batch.address(runs[0])
    if not request.htmx:
        return redirect(f"{address}#stage")
    context = {"batch": batch.batch(_batch_of(runs), runs, request.user), **more}
    response = render(request, "playground/batch/_run_response.html", context)
    response = reswap(retarget(response, "#stage"), "innerHTML")
    return announce_new_run(address_result(request, response, address), runs[0])


def _batch_of(runs: list[Run]) -> uuid.UUID:
    return runs[0].batch or runs[0].pk


def _show_new_run(request: HtmxRequest, run: Run) -> HttpResponseBase:
    """Show a new run in place on the stage of its model's page, else on its own page."""
    if _path_from(request) != run.endpoint.get_absolute_url():
        if request.htmx:
            return announce_new_run(HttpResponseClientRedirect(run.get_absolute_url()), run)
        return redirect(run)
    if not request.htmx:
        return redirect(run.stage_address)
    response = render(request, "playground/run/_stage.html", renderers.context(run))
    # The form beside the stage is not rendered again: it has the user's current text.
    response = reswap(retarget(response, "#stage"), "innerHTML")
    return announce_new_run(address_result(request, response, run.stage_address), run)


def announce_new_run(response: HttpResponse, run: Run) -> HttpResponse:
    """Announce a new run to the user's other tabs (`run-list-refresh.js`)."""
    return trigger_client_event(response, "run:started", {"id": str(run.pk)})


def address_result(request: HtmxRequest, response: HttpResponse, address: str) -> HttpResponse:
    """Set the page's address to that of its stage; Back returns to the previous contents."""
    before, now = (
        {name: named.get(name) for name in ("shown", "batch")}
        for named in (
            parse_qs(urlsplit(url).query) for url in (request.htmx.current_url or "", address)
        )
    )
    is_other = any(before.values()) and before != now
    return (push_url if is_other else replace_url)(response, address)


def _path_from(request: HtmxRequest) -> str:
    """Return the path of the posting page."""
    return urlsplit(request.htmx.current_url or request.headers.get("Referer", "")).path


@require_POST
def star(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Star the run, or remove its star."""
    run = _run(request, pk)
    _require_star(request, run)
    run.is_starred = not run.is_starred
    stars.star_run(run.pk, is_starred=run.is_starred)
    _record_action_by_other(request, run, "starred" if run.is_starred else "unstarred")
    if request.htmx:
        return render(request, "playground/partials/_run_star.html", {"run": run})
    return redirect(run)


@require_POST
def artifact_star(request: HtmxRequest, pk: uuid.UUID, position: int) -> HttpResponseBase:
    """Star one file of the run, or remove its star."""
    run = _run(request, pk)
    _require_star(request, run)
    is_starred = request.POST.get("starred") == "1"
    if not stars.star_artifact(run.pk, position, is_starred=is_starred):
        raise Http404("The run has no such file.")
    _record_action_by_other(request, run, "starred" if is_starred else "unstarred")
    if not request.htmx:
        return redirect(run)
    shown = next(shown for shown in renderers.shown(run) if shown.artifact.position == position)
    shown.artifact.is_starred = is_starred
    context = {"artifact": shown.artifact, "name": shown.name}
    return render(request, "playground/partials/_artifact_star.html", context)


def _require_star(request: HtmxRequest, run: Run) -> None:
    """Raise PermissionDenied unless the user may star the run: their own, makers, by permission."""
    user = request.user
    if run.user_id == user.pk or roles.may_change(user, run):
        return
    if roles.role_in(run.project, user) and not permissions.may(user, permissions.CHANGE_RUN):
        roles.require_maker(user, run.project)
    permissions.require(user, permissions.CHANGE_RUN)


@require_POST
def visibility(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Show one's own run to the project's members (`hidden=0`), or keep it to oneself.

    A hidden run is no example either.
    """
    run = _run(request, pk)
    if run.user_id != request.user.pk:
        raise PermissionDenied("Who began a run chooses whether the project's members see it.")
    run.is_hidden = request.POST.get("hidden") == "1"
    run.is_example = run.is_example and not run.is_hidden
    run.save(update_fields=["is_hidden", "is_example"])
    if request.htmx:
        context = {"run": run, "may_hide": not run.project.is_private}
        return render(request, "playground/run/_seen_by.html", context)
    return redirect(run)


@require_POST
def example(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Show a successful run to the team as an example of its model, or make it private again."""
    run = _run(request, pk)
    permissions.require_for(request.user, run.user_id, permissions.PUBLISH_RUN)
    if run.state != Run.State.SUCCEEDED:
        raise Http404("Only a run that went well is an example.")
    run.is_example = request.POST.get("example") == "1"
    run.save(update_fields=["is_example"])
    _record_action_by_other(request, run, "shown" if run.is_example else "unshown")
    if request.htmx:
        return render(request, "playground/partials/_run_example.html", {"run": run})
    return redirect(run)


def _record_action_by_other(request: HttpRequest, run: Run, what: str) -> None:
    """Record an action of somebody other than the owner in the run's timeline."""
    if by := permissions.name_of_other(request.user, run.user_id):
        state_machine.note_deed(run.pk, what, f"By {by}.")


def _run(
    request: HttpRequest, pk: uuid.UUID, *, may_read: bool = False, may_cover: bool = False
) -> Run:
    """Return one of the user's own runs, or with `may_read` any that they may read.

    With `may_cover` also one of which they may only know that it happened: show nothing of it.
    """
    runs = Run.objects
    allowed = runs.readable_by(request.user) if may_read else runs.visible_to(request.user)
    allowed = runs.kept().noticed_by(request.user) if may_cover else allowed
    shown = allowed.with_endpoint().select_related("project").prefetch_related("artifacts")
    return get_object_or_404(shown, pk=pk)
