"""The wall's pages: the results of many runs, grouped by day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest
from django.utils import formats, timezone

from library.search.conditions import DELETED, STATE
from library.wall import views
from playground.display import wall
from playground.display.wall import NOT_SHOWN
from runs.models import Run
from runs.models.querysets import RunQuerySet

PAGE = 48  # runs; two to three screens of tiles
MOST_RETURNED = 300  # runs of a page that shows again what somebody has scrolled through
SHOWN_AS = "runs_as"  # in the session: which of the two
WALL, LIST = "wall", "list"


@dataclass(frozen=True)
class Day:
    """The runs of one day; `title` is empty where the page before began the day."""

    title: str
    stacks: Sequence[wall.Stack]


def is_chosen(request: HttpRequest) -> bool:
    """Return whether the session shows runs as a wall, which `?as=` may change for good."""
    chosen = request.GET.get("as", "")
    if chosen in (WALL, LIST) and chosen != request.session.get(SHOWN_AS, WALL):
        request.session[SHOWN_AS] = chosen
    return bool(request.session.get(SHOWN_AS, WALL) == WALL)


def listed(runs: RunQuerySet, *, has_state: bool) -> RunQuerySet:
    """Return those of the matching runs that the wall shows: in a chosen state, or not ended ill.

    Their inputs and outputs are not loaded.
    """
    shown = runs if has_state else runs.exclude(state__in=NOT_SHOWN)
    return shown.recent()


def all_found(request: HttpRequest) -> RunQuerySet:
    """Return the runs of all pages of the wall or list that a request's query shows."""
    filters = views.filters(request)
    runs = filters.listed(request)
    is_wall = is_chosen(request) and not filters.names_state(*NOT_SHOWN, DELETED)
    return listed(runs, has_state=bool(filters.line.values(STATE))) if is_wall else runs


def days(
    user: User | AnonymousUser, runs: Sequence[Run], before: datetime | None = None
) -> list[Day]:
    """Return runs, newest first, as the wall shows them to a user; at most four queries.

    `before` is when the last run of the page above was created.
    """
    begun = timezone.localdate(before) if before else None
    return [
        Day("" if day == begun else title(day), list(stacks))
        for day, stacks in groupby(
            wall.stacks(user, runs), lambda stack: timezone.localdate(stack.run.created_at)
        )
    ]


def title(day: date) -> str:
    """Return a day in words: `Today`, `Yesterday`, `Monday`, else its date."""
    passed = timezone.localdate() - day
    if passed <= timedelta():
        return "Today"
    if passed == timedelta(days=1):
        return "Yesterday"
    return formats.date_format(day, "l" if passed < timedelta(days=7) else "j F Y")
