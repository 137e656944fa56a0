"""The page of one run, the actions on it, and short lists of the latest runs."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts import permissions
from core.http.caching import no_store
from core.http.htmx import HtmxRequest
from core.http.posts import hidden
from playground.display import covered_row, history, renderers, wall
from playground.display.result.settings import settings_of
from projects import roles
from projects.kept.models import GRACE
from projects.models import Project
from projects.rights import Rights
from runs.models import Run
from runs.ownership import deletion
from runs.progress import watch_tokens
from runs.promises import places
from runs.records import counting
from runs.results import json_tree, stars
from runs.state import state_machine

# Input and output are private: no browser may keep a copy past a logout.


@require_safe
@no_store
def latest(request: HtmxRequest) -> HttpResponse:
    """Render the project's newest results for the front page; 204 if `?newest` is the newest."""
    stacks = wall.latest(request)
    if request.GET.get("newest") == history.newest_id([stack.row for stack in stacks]):
        return HttpResponse(status=204)
    return render(request, "playground/partials/_latest_runs.html", {"stacks": stacks})


@require_safe
@no_store
def run(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Show one run, updating until it ends; everybody may see the team's examples.

    Users who may restore a deleted run get the button for that. Users who may only know
    that the run exists are asked for their reason to look.
    """
    try:
        return run_page(request, find_run(request, pk, may_read=True))
    except Http404:
        if (covered := covered_row.covered(request.user, "run", pk)) is not None:
            return covered_row.render_covered(request, "run", covered)
        deleted = deletion.restorable(request.user).select_related("user", "deleted_by")
        deleted_run = get_object_or_404(deleted.with_endpoint(), pk=pk)
    context = {"run": deleted_run, "grace_days": GRACE.days}
    return render(request, "playground/run_deleted.html", context)


def run_page(request: HtmxRequest, run: Run, status: int = 200, **more: Any) -> HttpResponse:
    """Render a run's own page; `more` is further context, such as why something is refused."""
    counting.judge([run.pk])
    view = watch_tokens.view_for(request.user, run, "page")
    context = renderers.context(run, view) | {
        "belongs_to": places.places_of(request.user, run),
        "settings": settings_of(run),
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
    run = find_run(request, pk, may_cover=True)
    Rights(request.user, run).require_removal(permissions.CANCEL_RUN)
    by = permissions.name_of_other(request.user, run.user_id)
    state_machine.request_cancel(run.pk, by)
    if request.htmx:
        return HttpResponse(status=204)
    return redirect("playground:run", pk)


@require_POST
def star(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Star the run, or remove its star."""
    run = find_run(request, pk)
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
    run = find_run(request, pk)
    _require_star(request, run)
    is_starred = hidden(request, "starred") == "1"
    if not stars.star_artifact(run.pk, position, is_starred=is_starred):
        raise Http404("The run has no such file.")
    _record_action_by_other(request, run, "starred" if is_starred else "unstarred")
    if not request.htmx:
        return redirect(run)
    result = next(
        item for item in renderers.artifacts_with_urls(run) if item.artifact.position == position
    )
    result.artifact.is_starred = is_starred
    context = {"artifact": result.artifact, "name": result.name}
    return render(request, "playground/partials/_artifact_star.html", context)


def _require_star(request: HtmxRequest, run: Run) -> None:
    """Raise PermissionDenied unless the user may star the run: their own, makers, by permission."""
    user = request.user
    if run.user_id == user.pk or Rights(user, run).may_change:
        return
    if roles.role_in(run.project, user) and not permissions.may(user, permissions.CHANGE_RUN):
        roles.require_maker(user, run.project)
    permissions.require(user, permissions.CHANGE_RUN)


@require_POST
def visibility(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Show the user's own run to the project's members (`hidden=0`), or hide it from them.

    A hidden run is no example either.
    """
    run = find_run(request, pk)
    if run.user_id != request.user.pk:
        raise PermissionDenied(
            "Only the person who started a run chooses whether the project's members see it."
        )
    run.is_hidden = hidden(request, "hidden") == "1"
    run.is_example = run.is_example and not run.is_hidden
    run.save(update_fields=["is_hidden", "is_example"])
    if request.htmx:
        context = {"run": run, "may_hide": not run.project.is_private}
        return render(request, "playground/run/_seen_by.html", context)
    return redirect(run)


@require_POST
def example(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Show a successful run to the team as an example of its model, or make it private again."""
    run = find_run(request, pk)
    permissions.require_for(request.user, run.user_id, permissions.PUBLISH_RUN)
    if run.state != Run.State.SUCCEEDED:
        raise Http404("Only a successful run can be an example.")
    run.is_example = hidden(request, "example") == "1"
    run.save(update_fields=["is_example"])
    _record_action_by_other(request, run, "shown" if run.is_example else "unshown")
    if request.htmx:
        return render(request, "playground/partials/_run_example.html", {"run": run})
    return redirect(run)


def _record_action_by_other(request: HttpRequest, run: Run, action: str) -> None:
    """Record an action in the run's timeline, unless the owner performed it."""
    if by := permissions.name_of_other(request.user, run.user_id):
        state_machine.note_deed(run.pk, action, f"By {by}.")


def find_run(
    request: HttpRequest, pk: uuid.UUID, *, may_read: bool = False, may_cover: bool = False
) -> Run:
    """Return one of the user's own runs, or with `may_read` any that they may read.

    With `may_cover`, include runs that they may only know to exist: show none of the content.
    """
    runs = Run.objects
    if may_read:
        run = runs.load_readable(request.user, pk)
    else:
        noticed = runs.kept().noticed_by if may_cover else runs.visible_to
        run = noticed(request.user).load(pk)
    if run is None:
        raise Http404
    return run
