"""All runs that the wall or the list finds, whatever page of it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from library.search.conditions import DELETED, STATE
from library.wall import layout, views
from library.wall.filters import Filters

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest
    from runs.models.querysets import RunQuerySet


def all_found(request: HtmxRequest) -> RunQuerySet:
    """Return the runs of all pages of the wall or list that a request's query shows."""
    view = views.named(request)
    filters = Filters.from_query(request.GET, view.line if view else "")
    runs = filters.listed(request)
    if not layout.is_chosen(request) or filters.names_state(*layout.NOT_SHOWN, DELETED):
        return runs
    return layout.listed(runs, has_state=bool(filters.line.values(STATE)))
