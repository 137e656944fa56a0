"""Groups the wall by day, session, batch, model or board.

A grouping assigns each run, newest first, to a group. If it is not gathered, consecutive runs of a
group form a section, and a group may have several. A gathered group is one section with its newest
runs and a link to all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from django.utils import formats, timezone

from catalog.models import Endpoint
from core.formatting import shorten
from features.library.search.conditions import MODEL, Condition
from runs.promises import places

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User
    from django.http import HttpRequest

    from runs.models import Run

PAUSE = timedelta(hours=1)  # a longer one ends a session
TITLE_CHARS = 80
GROUPED_BY = "runs_by"  # in the session
BOARD = "Board"  # the kind of place


class Group(NamedTuple):
    """A group of runs; `address`, or `word` in the line, leads to all of them."""

    key: Hashable
    title: str
    address: str = ""
    word: str = ""


class Grouping(NamedTuple):
    """A way to group runs: `groups` returns the group of each run, newest first."""

    label: str
    groups: Callable[[User | AnonymousUser, Sequence[Run]], list[Group]]
    is_gathered: bool = False


def by_day(_: User | AnonymousUser, runs: Sequence[Run]) -> list[Group]:
    """Return the day on which each run began."""
    days = [timezone.localdate(run.created_at) for run in runs]
    return [Group(day, title(day)) for day in days]


def by_session(_: User | AnonymousUser, runs: Sequence[Run]) -> list[Group]:
    """Return the session in which each run began: a pause of more than an hour ends it."""
    groups: list[Group] = []
    former: Run | None = None
    for run in runs:
        if former is None or former.created_at - run.created_at > PAUSE:
            at = timezone.localtime(run.created_at)
            groups.append(Group(run.created_at, f"{title(at.date())}, until {at:%H:%M}"))
        else:
            groups.append(groups[-1])
        former = run
    return groups


def by_batch(_: User | AnonymousUser, runs: Sequence[Run]) -> list[Group]:
    """Return the batch of each run: the runs that one press of the button began."""
    single = Group(None, "One at a time")
    return [
        Group(run.batch, shorten(run.title or run.endpoint.name, TITLE_CHARS))
        if run.batch
        else single
        for run in runs
    ]


def by_model(_: User | AnonymousUser, runs: Sequence[Run]) -> list[Group]:
    """Return the model of each run; one query."""
    endpoints = Endpoint.objects.only(*Endpoint.NAMED_BY).in_bulk({run.endpoint_id for run in runs})
    groups = {
        pk: Group(pk, endpoint.name, word=Condition(MODEL, (endpoint.endpoint_id,)).word)
        for pk, endpoint in endpoints.items()
    }
    return [groups[run.endpoint_id] for run in runs]


def by_board(user: User | AnonymousUser, runs: Sequence[Run]) -> list[Group]:
    """Return the newest board, visible to the user, that has each run."""
    boards = places.places_among(user, [run.pk for run in runs], BOARD)
    none = Group(None, "On no board")
    groups = {
        run: Group(board.address, board.title, board.address) for run, board in boards.items()
    }
    return [groups.get(run.pk, none) for run in runs]


DAY = "day"
BY_DAY_ONCE = f"by={DAY}&once=1"  # in an address: leaves the session's grouping unchanged
GROUPINGS = {
    DAY: Grouping("Day", by_day),
    "session": Grouping("Session", by_session),
    "batch": Grouping("Batch", by_batch),
    "model": Grouping("Model", by_model, is_gathered=True),
    "board": Grouping("Board", by_board, is_gathered=True),
}


def chosen(request: HttpRequest) -> str:
    """Return the grouping's name: `?by=`, saved in the session without `once`, or the session's."""
    name, remembered = request.GET.get("by", ""), request.session.get(GROUPED_BY, DAY)
    if name not in GROUPINGS:
        return remembered if remembered in GROUPINGS else DAY
    if name != remembered and "once" not in request.GET:
        request.session[GROUPED_BY] = name
    return name


def title(day: date) -> str:
    """Return a day in words: `Today`, `Yesterday`, `Monday`, else its date."""
    passed = timezone.localdate() - day
    if passed <= timedelta():
        return "Today"
    if passed == timedelta(days=1):
        return "Yesterday"
    return formats.date_format(day, "l" if passed < timedelta(days=7) else "j F Y")
