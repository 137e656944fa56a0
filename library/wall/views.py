"""Saved views: which are offered, and what is new in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from catalog.curation import query_news
from core.http.parameters import parse_uuid
from library.wall.filters import VIEW, Filters
from projects import current
from runs.models import View

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.http import HttpRequest

MOST_OFFERED = 40


def named(request: HttpRequest) -> View | None:
    """Return the view that the address names, of those that the user sees; no query without one."""
    pk = parse_uuid(request.GET.get(VIEW, ""))
    if pk is None:
        return None
    shown = View.objects.kept().shown_to(request.user)
    return shown.filter(pk=pk, of=View.Of.RESULTS).first()


def filters(request: HttpRequest) -> Filters:
    """Return the filters in the address, those of the view that it names included."""
    view = named(request)
    return Filters.from_query(request.GET, view.line if view else "")


def offered(request: HttpRequest) -> list[View]:
    """Return the views of the request's project and one's private ones, by name."""
    rows = View.objects.offered_in(current.current(request), cast("User", request.user))
    return list(rows[:MOST_OFFERED])


@dataclass(frozen=True)
class OfModels:
    """A view of models, with the number of models that are new since it was last opened."""

    view: View
    new: int

    @property
    def address(self) -> str:
        """Return its page's address; with `since`, so that a reload shows the same as new."""
        seen_at = self.view.seen_at or self.view.created_at
        return f"{self.view.get_absolute_url()}?since={seen_at.timestamp():.6f}"


def of_models(request: HttpRequest) -> list[OfModels]:
    """Return the user's views of models by name; nothing is searched if no model is new."""
    user = cast("User", request.user)
    rows = list(View.objects.of_models(user)[:MOST_OFFERED])
    asked = [(row.line, row.seen_at or row.created_at) for row in rows]
    return [*map(OfModels, rows, query_news.counts(user, asked))]
