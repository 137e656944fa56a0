"""Tags selected results, or the results of one run."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from library import selection
from library.selection import ResultKey
from library.tags import editing, listing
from library.views.selected import answers
from playground.display import wall
from projects import current, roles
from runs import selections
from runs.models import Run

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

no_store = cache_control(private=True, no_store=True)


@require_POST
def tags(request: HtmxRequest) -> HttpResponseBase:
    """Put the tags in `tag` on the posted results; `off=1` takes them off.

    Without a tag, the form that asks for one.
    """
    try:
        posted = selection.posted(request)
    except selection.Refused as refused:
        return answers.refuse(request, str(refused))
    typed = request.POST.get("tag")
    if typed is None:
        return _form(request, posted)
    try:
        names = editing.read(typed)
        change = editing.take_off if request.POST.get("off") == "1" else editing.put_on
        chosen = change(request.user, posted, names)
    except selection.Refused as refused:
        if request.htmx:
            return answers.refuse(request, str(refused))
        return _form(request, posted, str(refused))
    quoted = ", ".join(f"“{name}”" for name in names)
    is_off = change is editing.take_off
    words = answers.sentence(chosen, f"are {'no longer ' * is_off}tagged {quoted}")
    return answers.done(request, words, tagged=not is_off)


def _form(request: HtmxRequest, posted: selection.Selection, error: str = "") -> HttpResponse:
    context = {
        "posted": posted.fields,
        "number": len(posted),
        "typed": request.POST.get("tag", ""),
        "error": error,
        "offered": listing.offered(current.listed(Run.objects.kept(), request)),
        "filters": selections.listed_query(request).urlencode(),
        "back": answers.back_to(request),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK
    return render(request, "library/selected/tags.html", context, status=status)


@require_safe
@no_store
def offered(request: HtmxRequest) -> HttpResponse:
    """Render the project's tags as options: suggestions for whoever writes one."""
    names = listing.offered(current.listed(Run.objects.kept(), request))
    return render(request, "library/tags/_options.html", {"offered": names})


@require_http_methods(["GET", "HEAD", "POST"])
@no_store
def of_run(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Show the tags of each result of a run; a POST tags one (`position`, `tag`, `off=1`)."""
    seen = Run.objects.visible_to(request.user).with_endpoint().light()
    run = get_object_or_404(seen.select_related("project").prefetch_related("artifacts"), pk=pk)
    error = ""
    if request.method == "POST":
        roles.require_maker(request.user, run.project)
        error = _tag_one(request, run)
        if not error and not request.htmx:
            return redirect(run)
    named = listing.of_results([run.pk])
    (stack,) = wall.stacks(request.user, [run])
    pieces: dict[int, wall.Piece | None] = {
        piece.artifact.position: piece for piece in stack.pieces
    }
    context = {
        "run": run,
        "results": [
            (position, piece, _linked(named.get(ResultKey(run.pk, position), [])))
            for position, piece in (pieces or {0: None}).items()
        ],
        "may_tag": roles.may_change(request.user, run),
        "error": error,
        "project_key": run.project.key,
    }
    is_part = request.htmx and not request.htmx.boosted
    template = "library/tags/_of_run.html" if is_part else "library/tags/of_run.html"
    status = HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK
    return render(request, template, context, status=status)


def _linked(names: list[str]) -> list[tuple[str, str]]:
    return [(name, listing.condition(name)) for name in names]


def _tag_one(request: HtmxRequest, run: Run) -> str:
    """Change the tags of one result of the run as posted; returns what is wrong."""
    text = request.POST.get("position", "0")
    position = int(text) if text.isdecimal() and len(text) <= 6 else 0
    change = editing.take_off if request.POST.get("off") == "1" else editing.put_on
    try:
        chosen = change(
            request.user,
            selection.Selection({run.pk: {position}}),
            editing.read(request.POST.get("tag", "")),
        )
    except selection.Refused as refused:
        return str(refused)
    return "" if chosen.results else "The run has no such result."
