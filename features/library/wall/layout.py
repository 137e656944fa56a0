"""Whether runs are shown as a wall of results or as a list, and which of them the wall shows."""

from __future__ import annotations

from django.http import HttpRequest

from features.library.search.conditions import DELETED
from features.library.wall.filters import Filters
from playground.display.wall import NOT_SHOWN
from runs.models.querysets import RunQuerySet

SHOWN_AS = "runs_as"  # in the session: which of the two
WALL, LIST = "wall", "list"


def is_chosen(request: HttpRequest) -> bool:
    """Return whether the session shows runs as a wall, which `?as=` may change for good."""
    chosen = request.GET.get("as", "")
    if chosen in (WALL, LIST) and chosen != request.session.get(SHOWN_AS, WALL):
        request.session[SHOWN_AS] = chosen
    return bool(request.session.get(SHOWN_AS, WALL) == WALL)


def shows(request: HttpRequest, filters: Filters) -> bool:
    """Return whether the wall shows what is filtered; failures and deleted runs are a list."""
    return is_chosen(request) and not filters.names_state(*NOT_SHOWN, DELETED)


def listed(runs: RunQuerySet, *, has_state: bool) -> RunQuerySet:
    """Return those of the matching runs that the wall shows: in a chosen state, or not ended ill.

    Their inputs and outputs are not loaded.
    """
    shown = runs if has_state else runs.exclude(state__in=NOT_SHOWN)
    return shown.recent()
