"""Where new results go: the page that chooses a series, and the press that ends it."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from catalog.models import Endpoint
from core.http.caching import no_store
from features.library.models import Series
from features.library.series import destinations, display
from playground.display import destination as beside_run
from projects import current, roles

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from core.http.htmx import HtmxRequest
    from features.library.models import Destination
    from projects.models import Project

MAX_OFFERED = 100


class PlaceForm(forms.Form):
    """A place where runs begin: the page of a model, a board, or else the whole project."""

    model = forms.ModelChoiceField(
        Endpoint.objects.all(), to_field_name="endpoint_id", required=False
    )
    board = forms.UUIDField(required=False)


class DestinationForm(forms.Form):
    """The series to which new results of a place go; none if that ends."""

    series = forms.ModelChoiceField(Series.objects.none(), required=False)

    def __init__(self, *args: Any, user: User, project: Project) -> None:
        super().__init__(*args)
        field: Any = self.fields["series"]
        field.queryset = destinations.offered_series(user, project)


@require_http_methods(["GET", "HEAD", "POST"])
@no_store
def choose(request: HtmxRequest) -> HttpResponseBase:
    """Offer the series for the new results of `?model=`, of `?board=`, or of the project.

    A POST chooses the `series`; without one, it ends what was chosen.
    """
    user, project = request.user, current.current(request)
    form = PlaceForm(request.GET)
    if not form.is_valid():
        raise Http404("There is no such model or board.")
    place = {"endpoint": form.cleaned_data["model"], "board": form.cleaned_data["board"]}
    held = destinations.of_place(user, project, **place)
    if request.method != "POST":
        return _offer(request, place, held)
    roles.require_maker(user, project)
    posted = DestinationForm(request.POST, user=user, project=project)
    if not posted.is_valid():
        messages.warning(request, "That series no longer exists. Choose another one.")
        return _offer(request, place, held, HTTPStatus.UNPROCESSABLE_ENTITY)
    if series := posted.cleaned_data["series"]:
        destinations.choose(user, series, **place)
        messages.success(request, f"New results go to “{series}”.")
    elif held:
        held.delete()
    if request.htmx:
        context = {"destination": new_results(user, project, **place)}
        return render(request, "playground/_destination.html", context)
    return redirect(_back_to(request, place, series))


def _offer(
    request: HtmxRequest,
    place: dict[str, Any],
    held: Destination | None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    user, project = request.user, current.current(request)
    keys = destinations.offered_series(user, project).values_list("pk", flat=True)[:MAX_OFFERED]
    endpoint, board = place["endpoint"], place["board"]
    context = {
        "held": held,
        "cards": display.cards(user, Series.objects.filter(pk__in=list(keys))),
        "place": endpoint.display_name if endpoint else ("this board" if board else project),
        "is_whole_project": not (endpoint or board),
        "back": _back_to(request, place, None),
        "why_not": roles.refusal_to_make(user, project),
    }
    return render(request, "features/library/series/destinations.html", context, status=status)


def _back_to(request: HtmxRequest, place: dict[str, Any], series: Series | None) -> str:
    """Return the address of the page that a choice was made for."""
    if place["endpoint"]:
        project = current.current(request)
        return f"{place['endpoint'].get_absolute_url()}{current.query(project)}"
    if place["board"]:
        return reverse("boards:board", args=[place["board"]])
    return series.get_absolute_url() if series else reverse("library:all-series")


def new_results(
    user: User, project: Project, endpoint: Endpoint | None = None, board: uuid.UUID | None = None
) -> beside_run.NewResults | None:
    """Return what stands beside Run; None if new results go to no series."""
    held = destinations.of_place(user, project, endpoint, board)
    if held is None:
        return None
    parameters = {"model": endpoint.endpoint_id} if endpoint else {"board": board} if board else {}
    query = urlencode({**parameters, current.PARAMETER: project.key})
    return beside_run.NewResults(
        held.series.name,
        held.series.get_absolute_url(),
        f"{reverse('library:destination')}?{query}",
        is_whole_project=not (held.endpoint_id or held.board),
    )
