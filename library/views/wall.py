"""The wall of results and the list of runs: one page with filters."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from core.db.custom_plans import custom_plans
from core.http.htmx import HtmxRequest
from core.http.parameters import parse_moment
from library.wall import days
from library.wall import filters as wall_filters
from library.wall.filters import DELETED, MAX_NEWER, STATES, Filters
from playground.display import history
from projects import current
from runs.ownership import deletion

LIST_PAGE = 30
# Input and output are private: no browser may keep a copy past a logout.
no_store = cache_control(private=True, no_store=True)


@require_safe
@no_store
def index(request: HtmxRequest) -> HttpResponse:
    """Show the runs, newest first, as a wall of results or as a list; filters are in the address.

    `?as=wall` or `list` chooses, and is remembered for the session. What the wall does not show is
    always a list: failures, and what was deleted.
    """
    filters = Filters.from_query(request.GET)
    is_wall = days.is_chosen(request) and filters.state not in (*days.NOT_SHOWN, DELETED)
    whose_choices = wall_filters.whose_choices(request)
    matching = filters.listed(request)
    matching = days.listed(matching, filters.state) if is_wall else matching.recent()
    if whose_choices or filters.is_deleted:
        matching = matching.select_related("user", "deleted_by")
    size = days.PAGE if is_wall else LIST_PAGE
    if is_wall and filters.until:  # somebody comes back to where they were
        returned = matching.filter(created_at__gte=filters.until).order_by()
        size = max(size, min(returned.count(), days.MOST_RETURNED))
    with custom_plans(are_needed=bool(filters.q)):
        runs = list(matching[: size + 1])
    shown = runs[:size]
    last = shown[-1].created_at.isoformat() if shown else ""
    context = {
        "is_wall": is_wall,
        "days": days.days(request.user, shown, filters.before) if is_wall else [],
        "runs": [] if is_wall else history.rows_for(request.user, shown),
        "filters": filters,
        "states": STATES,
        "last": last,
        "more": last if len(runs) > size else "",
        "since": history.newest_moment([] if filters.before else runs),
        "is_unfinished": any(not run.is_final for run in runs),
        "whose_choices": whose_choices,
        "all_projects": current.is_of_all_projects(request),
        "undo": _undo(request),
        "grace_days": deletion.GRACE.days,
    }
    return render(request, "library/wall/index.html", context)


def _undo(request: HtmxRequest) -> dict[str, Any]:
    """Return the time and size of the deletion that the address names, for an undo button."""
    at = parse_moment(request.GET.get("deleted", ""))
    if at is None:
        return {}
    mine = deletion.restorable(request.user).filter(deleted_by=request.user, deleted_at=at)
    return {"at": at.isoformat(), "count": mine.count()}


@require_safe
@no_store
def models_used(request: HtmxRequest) -> HttpResponse:
    """Render the project's latest models as options: suggestions for the filter by model."""
    context = {"models": wall_filters.models_used(request)}
    return render(request, "library/wall/_model_choices.html", context)


@require_safe
@no_store
def newer(request: HtmxRequest) -> HttpResponse:
    """Render how many matching runs are newer than the list; 204 if there are none."""
    filters = Filters.from_query(request.GET)
    since = parse_moment(request.GET.get("since", "")) or timezone.now()
    newer_runs = filters.listed(request).filter(created_at__gt=since)
    count = newer_runs[:MAX_NEWER].count()
    if not count:
        return HttpResponse(status=204)
    context = {"count": count, "is_more": count == MAX_NEWER}
    return render(request, "library/wall/_new_runs_link.html", context)
