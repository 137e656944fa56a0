"""Decides whether runs are a wall of results or a list, and which runs they show on all pages."""

from __future__ import annotations

from django.http import HttpRequest

from features.library.search.conditions import DELETED, STATE
from features.library.wall import views
from features.library.wall.filters import Filters
from playground.display.wall import NOT_SHOWN
from runs.models.querysets import RunQuerySet

SHOWN_AS = "runs_as"  # session key: WALL or LIST
WALL, LIST = "wall", "list"


def is_chosen(request: HttpRequest) -> bool:
    """Return whether the session shows runs as a wall; `?as=` changes that for the session."""
    layout_name = request.GET.get("as", "")
    if layout_name in (WALL, LIST) and layout_name != request.session.get(SHOWN_AS, WALL):
        request.session[SHOWN_AS] = layout_name
    return bool(request.session.get(SHOWN_AS, WALL) == WALL)


def shows(request: HttpRequest, filters: Filters) -> bool:
    """Return whether the wall shows the filtered runs; failed and deleted runs are a list."""
    return is_chosen(request) and not filters.names_state(*NOT_SHOWN, DELETED)


def runs_to_show(runs: RunQuerySet, *, has_state: bool) -> RunQuerySet:
    """Return the matching runs for the wall: all if a state is chosen, else without NOT_SHOWN.

    Their inputs and outputs are not loaded.
    """
    visible_runs = runs if has_state else runs.exclude(state__in=NOT_SHOWN)
    return visible_runs.recent()


def all_found(request: HttpRequest) -> RunQuerySet:
    """Return the runs on all pages of the wall or list that a request's query shows."""
    filters = views.filters(request)
    runs = filters.matching_runs(request)
    if not is_chosen(request) or filters.names_state(*NOT_SHOWN, DELETED):
        return runs
    return runs_to_show(runs, has_state=bool(filters.line.values(STATE)))
