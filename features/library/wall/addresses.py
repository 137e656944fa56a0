"""Addresses of the wall with another search line or another place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.resource import UNDO
from features.library.wall.filters import OLD, VIEW

if TYPE_CHECKING:
    from django.http import HttpRequest

# What belongs to the line that is replaced, or to a place in its results.
_DROPPED = (*OLD, VIEW, "q", "before", "until", "since", "deleted", UNDO, "groups", "facets")


def with_line(request: HttpRequest, line: str) -> str:
    """Return the query string of the page with this line."""
    parameters = request.GET.copy()
    for name in _DROPPED:
        parameters.pop(name, None)
    if line:
        parameters["q"] = line
    return f"?{parameters.urlencode()}"


def next_page(request: HttpRequest, **place: str) -> str:
    """Return the query string of the page that continues at this place, such as `before=…`."""
    parameters = request.GET.copy()
    for name in ("before", "until", "groups"):
        parameters.pop(name, None)
    parameters.update(place)
    return f"?{parameters.urlencode()}"
