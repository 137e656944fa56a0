"""Runs: the history, one run, and what can be done with it."""

from __future__ import annotations

import uuid
from urllib.parse import urlencode, urlsplit

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import (
    HttpResponseClientRedirect,
    replace_url,
    reswap,
    retarget,
    trigger_client_event,
)
from django_htmx.middleware import HtmxDetails

from fal.storable import storable
from playground import history, lifecycle, live_marks, renderers, repeating, trees
from playground.models import Run

PAGE = 30


class HtmxRequest(HttpRequest):
    """A request of somebody who is logged in, which django-htmx has read."""

    htmx: HtmxDetails
    user: User


@require_safe
def index(request: HtmxRequest) -> HttpResponse:
    """The history, newest first, by cursor; filters are in the address."""
    filters = history.Filters.read(request.GET)
    runs = list(filters.apply(Run.objects.visible_to(request.user).recent())[: PAGE + 1])
    more = runs[PAGE - 1].created_at.isoformat() if len(runs) > PAGE else ""
    context = {
        "runs": [history.row(run) for run in runs[:PAGE]],
        "filters": filters,
        "states": history.STATES,
        "more": more,
        "since": history.since([] if filters.before else runs),
        "is_unfinished": any(not run.is_final for run in runs),
    }
    return render(request, "playground/runs.html", context)


@require_safe
def newer(request: HtmxRequest) -> HttpResponse:
    """How many runs that fit have come since a list was drawn; nothing where there are none."""
    filters = history.Filters.read(request.GET)
    since = history.moment(request.GET.get("since", "")) or timezone.now()
    runs = filters.apply(Run.objects.visible_to(request.user))
    count = runs.filter(created_at__gt=since).count()
    if not count:
        return HttpResponse(status=204)
    return render(request, "playground/partials/_newer.html", {"count": count})


@require_safe
def latest(request: HtmxRequest) -> HttpResponse:
    """The newest runs of this person, for the front page; nothing for who has them."""
    rows = [history.row(run) for run in Run.objects.filter(user_id=request.user.pk).recent()[:6]]
    if request.GET.get("newest") == history.newest(rows):
        return HttpResponse(status=204)
    return render(request, "playground/partials/_latest_runs.html", {"runs": rows})


@require_safe
def run(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """One run: live until it has ended, then for ever; the team's examples are everybody's to look at."""
    return _page(request, _run(request, pk, may_look=True))


def _page(request: HtmxRequest, found: Run, status: int = 200) -> HttpResponse:
    context = renderers.context(found) | {
        "is_readonly": found.user_id != request.user.pk and not request.user.is_staff,
        "rows": history.argument_rows(storable(found.arguments)),
        "arguments_text": trees.as_text(found.arguments),
        "sent_text": trees.as_text(found.sent_arguments)
        if found.sent_arguments is not None
        else "",
        "watch": live_marks.watch(found, "page"),
        "is_page": True,
    }
    return render(request, "playground/run.html", context, status=status)


@require_POST
def cancellation(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Ask for the run to stop; its page says how it really ended."""
    lifecycle.request_cancel(_run(request, pk).pk)
    if request.htmx:
        return HttpResponse(status=204)
    return redirect("playground:run", pk)


@require_POST
def repetition(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """The same arguments once more, as a run of their own; an unconfirmed one may still be found."""
    found = _run(request, pk)
    try:
        again = repeating.again(found, request.user)
    except lifecycle.Refused as refused:
        if request.htmx:
            told = {"text": str(refused)}
            return trigger_client_event(HttpResponse(status=422), "toast", told)
        messages.error(request, str(refused))
        return _page(request, found, status=422)
    return _shown(request, again)


def _shown(request: HtmxRequest, made: Run) -> HttpResponseBase:
    """A new run where the button was pressed: in the stage of its model's page, else on its own page."""
    if _path_from(request) != made.endpoint.get_absolute_url():
        if request.htmx:
            return told(HttpResponseClientRedirect(made.get_absolute_url()), made)
        return redirect(made)
    if not request.htmx:
        return redirect(stage_address(made))
    response = render(request, "playground/run/_stage.html", renderers.context(made))
    # The form beside it is not drawn anew: it holds what was typed.
    response = reswap(retarget(response, "#stage"), "innerHTML")
    return told(replace_url(response, stage_address(made)), made)


def told(response: HttpResponse, made: Run) -> HttpResponse:
    """The answer to who started a run: their other tabs hear of it (`new-runs.js`)."""
    return trigger_client_event(response, "run:started", {"id": str(made.pk)})


def stage_address(run: Run) -> str:
    """Its model's page with the run in the stage."""
    return f"{run.endpoint.get_absolute_url()}?{urlencode({'shown': str(run.pk)})}"


def _path_from(request: HtmxRequest) -> str:
    """The path of the page from which somebody posts."""
    return urlsplit(request.htmx.current_url or request.headers.get("Referer", "")).path


@require_POST
def star(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Star the run, or take the star away."""
    found = _run(request, pk)
    found.is_starred = not found.is_starred
    found.save(update_fields=["is_starred"])
    if request.htmx:
        return render(request, "playground/partials/_run_star.html", {"run": found})
    return redirect(found)


@require_POST
def example(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Show a run that went well to the team as an example of its model, or keep it to oneself again."""
    found = _run(request, pk)
    if found.state != Run.State.SUCCEEDED:
        raise Http404("Only a run that went well is an example.")
    found.is_example = request.POST.get("example") == "1"
    found.save(update_fields=["is_example"])
    if request.htmx:
        return render(request, "playground/partials/_run_example.html", {"run": found})
    return redirect(found)


def _run(request: HttpRequest, pk: uuid.UUID, *, may_look: bool = False) -> Run:
    """A run of the person's own; or one that they may at least look at."""
    runs = (
        Run.objects.readable_by(request.user) if may_look else Run.objects.visible_to(request.user)
    )
    return get_object_or_404(runs.with_endpoint().prefetch_related("artifacts"), pk=pk)
