"""Changes the contents of a series: files that are added, captions, order, cover, removal."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from core.http.caching import no_store
from core.http.parameters import parse_key, parse_moment, parse_uuid
from core.http.posts import hidden, ticked
from core.refusals import Refused
from core.resource import Resource
from features.library.models import SeriesItem
from features.library.series import display, items
from features.library.series.form import CAPTION, CaptionsForm, FilesForm
from features.library.views.series.series import SERIES

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

MAX_REFUSALS = 8  # sentences on files that were not added
STEPS = {"back": -1, "on": 1}
GONE = "It is no longer in the series."


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
def files(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Store the posted files and put them at the end of a series; texts become captions."""
    series = SERIES.find_changeable(request, pk)
    form = FilesForm(request.POST, request.FILES)
    refusals: list[str] = []
    if form.is_valid():
        uploads, captions, refusals = form.stored(request.user, series.project)
        try:
            items.add_uploads(request.user, series, uploads, captions)
        except Refused as refusal:
            refusals.append(str(refusal))
    else:
        refusals = [str(error) for error in form.errors["files"]]
    for sentence in refusals[:MAX_REFUSALS]:
        messages.warning(request, sentence)
    if more := len(refusals[MAX_REFUSALS:]):
        messages.warning(request, f"{more} more were not added either.")
    return redirect(series)


@require_http_methods(["GET", "HEAD", "POST"])
@no_store
def captions(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Show a series with a text beside each item; a POST saves them."""
    series = SERIES.find_changeable(request, pk)
    contents = display.contents_of(request.user, series)
    is_posted = request.method == "POST"
    form = CaptionsForm([view.item for view in contents], request.POST if is_posted else None)
    if form.is_valid():
        form.save()
        messages.success(request, "The captions are saved.")
        return redirect(series)
    context = {
        "row": series,
        "fields": [(view, form[f"{CAPTION}{view.item.pk}"]) for view in contents],
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if is_posted else HTTPStatus.OK
    return render(request, "features/library/series/captions.html", context, status=status)


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
    """The way back of items that were taken out; the key is the series and the time."""

    model, parts, list_route = SeriesItem, (), "library:all-series"
    deletion_message = "Removed from the series."

    def undo(self, request: HtmxRequest, key: str) -> HttpResponseBase:
        pk, _, moment = key.partition("~")
        series, at = SERIES.find_changeable(request, parse_uuid(pk)), parse_moment(moment)
        warning = "Nothing was put back: it is already there, or deleted for good."
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
