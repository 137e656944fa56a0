"""All runs that the wall or the list finds, on all pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.library.search.conditions import DELETED, STATE
from features.library.wall import layout, views
from playground.display.wall import NOT_SHOWN

if TYPE_CHECKING:
    from django.http import HttpRequest

    from runs.models.querysets import RunQuerySet


def all_found(request: HttpRequest) -> RunQuerySet:
    """Return the runs on all pages of the wall or list that a request's query shows."""
    filters = views.filters(request)
    runs = filters.matching_runs(request)
    if not layout.is_chosen(request) or filters.names_state(*NOT_SHOWN, DELETED):
        return runs
    return layout.runs_to_show(runs, has_state=bool(filters.line.values(STATE)))
