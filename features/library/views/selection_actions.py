"""Actions on selected results: on the wall, in the list, and on a run's page."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from accounts.audit import trail
from accounts.limits.rate_limit import limit
from catalog.models import Revision
from core.formatting import counted
from core.http.caching import no_store
from core.http.downloads import download
from core.http.htmx import HtmxRequest
from core.http.posts import hidden
from core.refusals import Refused
from core.resource import UNDO
from features.library import pictures as sets_of_pictures
from features.library import selection
from features.library.archives import prepare, stream
from projects import current
from projects.models.in_project import MAKERS, is_member, is_shown_to
from projects.rules import gallery
from runs.models import Artifact, Run
from runs.results import stars as stars_of_runs
from runs.results.selections import listed_query

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from features.library.selection import SelectedResults
    from runs.models.querysets import RunQuerySet

PAIR = 2
MOST_NAMED = 100  # results in the address of a plan
KINDS = ("inputs", "pictures")


def sentence(choice: SelectedResults, done: str) -> str:
    """Return sentences on how many results of a selection were changed, and how many not.

    `done` follows their number: "3 results" + "are starred".
    """
    number, unreachable = len(choice.results) + len(choice.uploads), choice.out_of_reach
    noun = "file" if choice.uploads else "result"
    verb = done if number != 1 else done.replace("are ", "is ", 1)
    message = f"{counted(number, noun)} {verb}." if number else "Nothing was changed."
    if unreachable:
        stay = "stays as it is: it is" if unreachable == 1 else "stay as they are: they are"
        message += f" {unreachable:,} {stay} gone, or not yours to change."
    if choice.left_out:
        message += f" {counted(choice.left_out, 'older run')} of the list were left out: that is "
        message += "more than one selection holds. Narrow the list, for example by a date."
    return message


def done(request: HtmxRequest, message: str, **event: object) -> HttpResponseBase:
    """Answer an action with a toast, or without script with the list and a message.

    With script, the page also gets the event `results:changed` with the details `event`.
    """
    if request.htmx:
        response = trigger_client_event(HttpResponse(status=204), "toast", {"text": message})
        return trigger_client_event(response, "results:changed", event)
    messages.success(request, message)
    return redirect(back_to(request))


def back_to(request: HtmxRequest) -> str:
    """Return the address of the list with the filters that were posted beside the selection."""
    filters = listed_query(request)
    for name in ("deleted", UNDO):
        filters.pop(name, None)
    query = filters.urlencode()
    return reverse("library:runs") + (f"?{query}" if query else "")


def refuse(request: HtmxRequest, why: str) -> HttpResponse:
    """Answer with status 422 and the reason, as a toast, or as a page with a link back."""
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if request.htmx:
        return trigger_client_event(HttpResponse(status=status), "toast", {"text": why})
    context = {"why": why, "back": back_to(request)}
    return render(request, "features/library/selected/refused.html", context, status=status)


@require_POST
def stars(request: HtmxRequest) -> HttpResponseBase:
    """Star the posted results, `star=1`, or remove their stars, `star=0`."""
    try:
        posted = selection.posted(request)
    except Refused as refusal:
        return refuse(request, str(refusal))
    is_starred = hidden(request, "star") != "0"
    selected = selection.choose(posted, starrable_by(request.user))
    stars_of_runs.star_results(selected.results, is_starred=is_starred)
    message = sentence(selected, "are starred" if is_starred else "are no longer starred")
    return done(request, message, starred=is_starred)


def starrable_by(user: User) -> RunQuerySet:
    """Return the runs that the user may star: their own, and as a maker all that they see."""
    own = Q(is_member(user), user_id=user.pk)
    in_living = Q(is_shown_to(user), is_member(user, MAKERS), project__archived_at=None)
    return Run.objects.kept().filter(own | in_living)


# Compares the models of selected results on a board.


@require_POST
def comparison(request: HtmxRequest) -> HttpResponseBase:
    """Plan a board with the inputs of two results or more."""
    try:
        selected = _chosen(request)
        if len(selected.run_keys) < PAIR:
            raise Refused("Select results of two runs or more to compare them.")
    except Refused as refusal:
        return refuse(request, str(refusal))
    return redirect(_plan(selected, KINDS[0]))


@require_POST
def board(request: HtmxRequest) -> HttpResponseBase:
    """Plan a board with the inputs of the posted results, or with their pictures as an axis."""
    try:
        selected = _chosen(request)
    except Refused as refusal:
        return refuse(request, str(refusal))
    of = hidden(request, "of")
    return redirect(_plan(selected, of if of in KINDS else KINDS[0]))


def _chosen(request: HtmxRequest) -> SelectedResults:
    selected = selection.choose(selection.posted(request), Run.objects.readable_by(request.user))
    if not selected.results:
        raise Refused("None of these results exists any more, or you may not see them.")
    return selected


def _plan(selected: SelectedResults, of: str) -> str:
    result_names = [str(result) for result in selected.results[:MOST_NAMED]]
    return f"{reverse('boards:plan')}?{urlencode({'of': of, 'result': result_names}, doseq=True)}"


# Uses selected results: a single one has its own menu, pictures fill lists.


@limit("search")
@require_http_methods(["GET", "HEAD", "POST"])
@no_store
def uses(request: HtmxRequest) -> HttpResponseBase:
    """List the models that take the pictures of `?artifact=…`; a POST redirects to the list."""
    readable = Run.objects.readable_by(request.user)
    try:
        if request.method == "POST":
            return redirect(_address(selection.choose(selection.posted(request), readable)))
        posted_selection = selection.parse(request.GET)
    except Refused as refusal:
        return refuse(request, str(refusal))
    pictures = sets_of_pictures.pictures_of(selection.choose(posted_selection, readable))
    text = request.GET.get("q", "")
    locks = gallery.locks_in(current.current(request), Revision.current())
    context = {
        "pictures": pictures,
        "fields": posted_selection.fields,
        "groups": sets_of_pictures.menu(pictures, text, locks) if pictures.keys else [],
        "q": text,
    }
    return render(request, "features/library/selected/uses.html", context)


def _address(selected: SelectedResults) -> str:
    """Return the address of the chosen results' uses; raises Refused if they have none."""
    if len(selected.results) == 1:
        (only,) = selected.results
        has_file = Artifact.objects.filter(run=only.run, position=only.position).exists()
        if has_file:
            return reverse("playground:artifact-uses", args=only)
        return reverse("playground:run-uses", args=[only.run])
    pictures = sets_of_pictures.pictures_of(selected)
    if not pictures.keys:
        raise Refused(
            "Several results can be used together if they are pictures, and none of these is. "
            "Select one of them alone."
        )
    query = urlencode({"artifact": [str(key) for key in pictures.keys]}, doseq=True)
    return f"{reverse('library:results-uses')}?{query}"


@limit("archive")
@require_POST
@no_store
def archives(request: HtmxRequest) -> HttpResponseBase:
    """Send the posted results (`artifact`, or whole runs as `run`); 422 says what is wrong."""
    try:
        archive = prepare(request.user, selection.posted(request))
    except Refused as error:
        return _refuse(request, str(error))
    files = counted(len(archive.entries), "file")
    trail.record(request.user, "exported", archive.projects, f"{files} as an archive")
    return download(stream(archive), archive.name)


def _refuse(request: HtmxRequest, why: str) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if request.htmx:
        return trigger_client_event(HttpResponse(status=status), "toast", {"text": why})
    return render(request, "features/library/archive_refused.html", {"why": why}, status=status)
