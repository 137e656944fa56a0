"""One series: its page, its name, deletion and recovery."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from core.http.parameters import parse_moment, parse_uuid
from library.models import Series
from library.search.conditions import SERIES, Condition
from library.selection import Refused
from library.series import saving
from library.series import shown as shown_series
from projects import roles

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

no_store = cache_control(private=True, no_store=True)


def find(request: HtmxRequest, pk: uuid.UUID) -> Series:
    """Return a series that the user sees as a member of its project; raises Http404."""
    seen = Series.objects.kept().shown_to(request.user).select_related("project", "user")
    return get_object_or_404(seen, pk=pk)


def find_changeable(request: HtmxRequest, pk: uuid.UUID) -> Series:
    """Return a series that the user may change; raises Http404, or PermissionDenied with why."""
    series = find(request, pk)
    roles.require_maker(request.user, series.project)
    return series


@require_safe
@no_store
def page(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Show a series in its order."""
    return show(request, find(request, pk))


def show(request: HtmxRequest, series: Series, error: str = "") -> HttpResponse:
    """Render the page of a series; 422 with what is wrong with a posted name."""
    results = shown_series.of(request.user, series)
    is_cut = len(results) == shown_series.MAX_SHOWN
    is_own = series.user_id == request.user.pk
    context = {
        "series": series,
        "results": results,
        "number": sum(result.stack is not None for result in results),
        "gaps": sum(result.stack is None for result in results),
        "all_of_it": Condition(SERIES, (series.name,)).word if is_cut else "",
        "may_change": roles.may_change(request.user, series),
        "may_remove": roles.may_remove(request.user, series),
        "may_hide": is_own and not series.project.is_private,
        "removed": _removed(request, series),
        "error": error,
        "typed": request.POST.get("name", series.name),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK
    return render(request, "library/series/series.html", context, status=status)


def _removed(request: HtmxRequest, series: Series) -> str:
    """Return when results were taken out as the address says, if that can be undone."""
    at = parse_moment(request.GET.get("removed", ""))
    return at.isoformat() if at and series.items.filter(removed_at=at).exists() else ""


@require_POST
def name(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Give a series another name; its user may say who sees it."""
    series = find_changeable(request, pk)
    is_own = series.user_id == request.user.pk
    used_by = request.POST.get("used_by", "") if is_own else ""
    try:
        new = saving.read_name(request.POST.get("name", ""))
    except Refused as refused:
        return show(request, series, str(refused))
    saving.rename(series, new, is_hidden=used_by == "me" if used_by else None)
    return redirect(series)


@require_POST
def deletion(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Delete a series, as its user or a manager; the list offers to undo it."""
    series = find(request, pk)
    roles.require_for(request.user, series)
    saving.delete(series, request.user)
    return redirect(f"{reverse('library:all-series')}?deleted={series.pk}")


@require_POST
def recovery(request: HtmxRequest) -> HttpResponseBase:
    """Restore a deleted series, as its user or a manager of its project."""
    pk = parse_uuid(request.POST.get("series", ""))
    if pk is None:
        return redirect("library:all-series")
    removable = Series.objects.removable_by(request.user).exclude(deleted_at=None)
    series = removable.select_related("project").filter(pk=pk).first()
    if series:
        saving.restore(series, request.user)
        messages.success(request, f"“{series.name}” is back.")
    return redirect("library:series", pk)
