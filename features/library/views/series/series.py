"""The pages of series: the list, one series in its order, and changes of its results."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from core.http.caching import no_store
from core.http.parameters import parse_key, parse_moment, parse_uuid
from core.http.posts import hidden, is_posted, ticked
from core.refusals import Refused
from core.resource import Resource
from features.library import selection
from features.library.models import Series, SeriesItem
from features.library.prompts.using import endpoint_named
from features.library.references.using import MAX_FIELD_CHARS
from features.library.search.conditions import SERIES as SERIES_CONDITION
from features.library.search.conditions import Condition
from features.library.series import display as shown_series
from features.library.series import items
from features.library.series.items import NameForm
from features.library.views import selection_actions
from projects import current, roles
from projects.kept.resource import Resource as KeptResource
from runs.results import selections

if TYPE_CHECKING:
    from django.core.paginator import Page

    from core.http.htmx import HtmxRequest

MAX_OFFERED = 200
STEPS = {"back": -1, "on": 1}
GONE = "It is no longer in the series."


class AllSeries(KeptResource[Series]):
    """Series, each with a cover; `?for=<model>&field=` chooses one to pack for a model's field."""

    model, fields = Series, ("name",)
    at, list_route = "series/", "library:all-series"
    on_page = 48
    list_template = "features/library/series/index.html"
    page_template = "features/library/series/series.html"

    def list_context(self, request: HtmxRequest, page: Page[Series]) -> Mapping[str, Any]:
        """Return the cards."""
        keys = [row.pk for row in page.object_list]
        return {
            "cards": shown_series.cards(request.user, Series.objects.filter(pk__in=keys)),
            "endpoint": endpoint_named(request.GET.get("for", "")),
            "field": request.GET.get("field", "")[:MAX_FIELD_CHARS],
        }

    def page_context(self, request: HtmxRequest, row: Series) -> Mapping[str, Any]:
        """Return its results in their order."""
        results = shown_series.results_of(request.user, row)
        is_cut = len(results) == shown_series.MAX_SHOWN
        return {
            "results": results,
            "number": sum(result.stack is not None for result in results),
            "gaps": sum(result.stack is None for result in results),
            "search_for_all": Condition(SERIES_CONDITION, (row.name,)).word if is_cut else "",
        }


SERIES = AllSeries()


@require_POST
def additions(request: HtmxRequest) -> HttpResponseBase:
    """Add the posted results to the series with the key `series` or the name `named`.

    A new name creates a series. Without either, or with `choose`, show the form to choose one.
    """
    try:
        posted = selection.posted(request)
    except Refused as refusal:
        return selection_actions.refuse(request, str(refusal))
    form = NameForm(request.POST if hidden(request, "named") else None)
    is_chosen = form.is_bound or hidden(request, "series")
    if is_posted(request, "choose") or not is_chosen:
        return _form(request, posted, NameForm())
    try:
        series = _chosen(request, form)
        added_results = items.add(request.user, series, posted)
    except Refused as refusal:
        if request.htmx:
            return selection_actions.refuse(request, str(refusal))
        return _form(request, posted, form, "" if form.errors else str(refusal))
    message = selection_actions.sentence(added_results, f"are in the series “{series.name}”")
    if request.htmx:
        return selection_actions.done(request, message, kept=True)
    messages.success(request, message)
    return redirect(series)


def _chosen(request: HtmxRequest, form: NameForm) -> Series:
    if form.is_bound:
        return items.find_or_create(request.user, current.current(request), form)
    pk = parse_uuid(hidden(request, "series"))
    series = Series.objects.taking_results_of(request.user).filter(pk=pk).first() if pk else None
    if series is None:
        raise Refused("That series no longer exists. Choose another one, or create a new one.")
    return series


@require_safe
@no_store
def offered(request: HtmxRequest) -> HttpResponse:
    """Render the names of the project's series as options, to suggest while typing."""
    of_project = Series.objects.taking_results_of(request.user).filter(
        project=current.current(request)
    )
    context = {"offered": of_project[:MAX_OFFERED]}
    return render(request, "features/library/series/_options.html", context)


def _form(
    request: HtmxRequest, posted: selection.Selection, form: NameForm, error: str = ""
) -> HttpResponse:
    project = current.current(request)
    offered_series = sorted(
        Series.objects.taking_results_of(request.user)[:MAX_OFFERED],
        key=lambda series: series.project_id != project.pk,
    )
    context = {
        "posted": posted.fields,
        "number": len(posted),
        "offered": offered_series,
        "form": form,
        "error": error,
        "why_not": roles.refusal_to_make(request.user, project),
        "filters": selections.listed_query(request).urlencode(),
        "back": selection_actions.back_to(request),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if error or form.errors else HTTPStatus.OK
    return render(request, "features/library/selected/additions.html", context, status=status)


@require_POST
def order(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Move `item` one place, `step=back` or `on`, or before another item, `before`.

    An empty `before` moves it to the end. A script, which has moved it already, gets 204.
    """
    series = SERIES.find_changeable(request, pk)
    key, step = _item(request), STEPS.get(hidden(request, "step"))
    before = hidden(request, "before")
    if step:
        is_moved = items.step(series, key, step)
    else:
        is_moved = items.move(series, key, before=parse_key(before) if before else None)
    if request.htmx:
        return HttpResponse(status=204 if is_moved else HTTPStatus.CONFLICT)
    if not is_moved:
        messages.warning(request, GONE)
    return redirect(f"{series.get_absolute_url()}#item-{key}")


@require_POST
def cover(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Make `item` the cover of a series."""
    series = SERIES.find_changeable(request, pk)
    if items.set_cover(series, _item(request)):
        messages.success(request, "That is now the cover.")
    else:
        messages.warning(request, GONE)
    return redirect(series)


@require_POST
def removals(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Remove the posted items from a series; its page offers to undo it."""
    series = SERIES.find_changeable(request, pk)
    keys = [key for text in ticked(request, "item") if (key := parse_key(text))]
    at = items.remove(series, keys)
    page = series.get_absolute_url()
    return redirect(REMOVALS.undo_address(page, f"{pk}~{at.isoformat()}") if at else page)


class Removals(Resource[SeriesItem]):
    """The way back of results that were taken out; the key is the series and the time."""

    model, parts, list_route = SeriesItem, (), "library:all-series"
    deletion_message = "Removed from the series."

    def undo(self, request: HtmxRequest, key: str) -> HttpResponseBase:
        pk, _, moment = key.partition("~")
        series, at = SERIES.find_changeable(request, parse_uuid(pk)), parse_moment(moment)
        warning = "Nothing was put back: the result is already there, or deleted for good."
        try:
            if at and items.put_back(series, at):
                return redirect(series)
        except Refused as refusal:
            warning = str(refusal)
        messages.warning(request, warning)
        return redirect(series)


REMOVALS = Removals()


def _item(request: HtmxRequest) -> int:
    return parse_key(hidden(request, "item")) or 0
