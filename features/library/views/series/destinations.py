"""Where new results go: what stands beside Run, and how it is chosen and ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from catalog.models import Endpoint
from core.forms import cleaned
from core.http.caching import no_store
from core.refusals import Refused
from features.library.models import Series
from features.library.series import destinations
from features.library.views.selection_actions import refuse
from features.library.views.series.series import SERIES
from projects import current, roles

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from core.http.htmx import HtmxRequest
    from projects.models import Project

MAX_OFFERED = 100


class PlaceForm(forms.Form):
    """A place where runs begin: the page of a model, a board, or the project."""

    model = forms.ModelChoiceField(
        Endpoint.objects.all(), to_field_name="endpoint_id", required=False
    )
    board = forms.UUIDField(required=False)

    @property
    def place(self) -> dict[str, Any]:
        """Return the place as the rules take it; raises Refused for a malformed one."""
        values = cleaned(self)
        return {"endpoint": values["model"], "board": values["board"]}


class DestinationForm(PlaceForm):
    """The series to which new results of a place go; none if that ends."""

    series = forms.ModelChoiceField(Series.objects.none(), required=False)

    def __init__(self, *args: Any, user: User, project: Project) -> None:
        super().__init__(*args)
        field: Any = self.fields["series"]
        field.queryset = destinations.offered_series(user, project)


@require_safe
@no_store
def beside_run(request: HtmxRequest) -> HttpResponse:
    """Render where new results of `?model=` or `?board=` go, with the series to choose from."""
    return _render(request, PlaceForm(request.GET).place)


@require_POST
def destination(request: HtmxRequest) -> HttpResponseBase:
    """Let new results of a place go to the posted `series`; without one, end that."""
    project = current.current(request)
    roles.require_maker(request.user, project)
    form = DestinationForm(request.POST, user=request.user, project=project)
    try:
        place = form.place
    except Refused:
        return refuse(request, "That series, model or board no longer exists. Reload the page.")
    series = form.cleaned_data["series"]
    if series:
        destinations.choose(request.user, series, **place)
    elif held := destinations.of_place(request.user, project, **place):
        held.delete()
    if request.htmx:
        return _render(request, place)
    if series:
        messages.success(request, f"New results go to “{series}”.")
    return redirect(series or SERIES.list_route)


def _render(request: HtmxRequest, place: dict[str, Any]) -> HttpResponse:
    user, project = request.user, current.current(request)
    context = {
        "held": destinations.of_place(user, project, **place),
        "offered": destinations.offered_series(user, project)[:MAX_OFFERED],
        "why_not": roles.refusal_to_make(user, project),
        **place,
    }
    return render(request, "features/library/series/_destination.html", context)
