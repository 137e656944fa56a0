"""The corridor: the areas of the site and the rooms of each, declared once.

The header, the tabs above a page, the user menu and the command palette are built from it; the bell
has an area of its own. Pages outside all areas are reached from a room.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, cast

from django.http import QueryDict
from django.urls import reverse

from accounts import permissions

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.http import HttpRequest

STAFF = "staff"  # a requirement of a room that is not a permission


@dataclass(frozen=True)
class Room:
    """A page with a place in the corridor.

    `label` is the text of its tab; `name` is its name in the palette, if the label alone says too
    little. The palette also finds it by `synonyms`, which include its former names. `query` is the
    query string of its address. `needs` is the permission required for any link to it.
    """

    label: str
    route: str
    synonyms: str = ""
    query: str = ""
    name: str = ""
    needs: str = ""

    @property
    def address(self) -> str:
        """Return the page's address."""
        return reverse(self.route) + (f"?{self.query}" if self.query else "")

    def is_open_to(self, user: User) -> bool:
        """Whether the user may open the page; queries the database for staff only."""
        if self.needs == STAFF:
            return user.is_staff
        return not self.needs or permissions.may(user, self.needs)

    def holds(self, request: HttpRequest) -> bool:
        """Whether the request is for this page, with all parameters of `query`."""
        match = request.resolver_match
        if match is None or match.view_name != self.route:
            return False
        required = QueryDict(self.query)
        return all(request.GET.get(name) == value for name, value in required.items())


class Area(NamedTuple):
    """Related rooms: an entry of the header or of the user menu.

    Pages whose URL names begin with one of `routes` belong to it too, although they are not rooms.
    """

    label: str
    rooms: Sequence[Room]
    routes: tuple[str, ...] = ()

    def rooms_of(self, user: User) -> Iterator[Room]:
        """Yield the rooms that the user may open; checks each only when it is requested."""
        return (room for room in self.rooms if room.is_open_to(user))


class Tab(NamedTuple):
    """A link to a room or an area, and whether the page is in it."""

    label: str
    address: str
    is_here: bool


HEADER = (
    Area(
        "Models",
        (
            Room(
                "All",
                "catalog:models",
                "gallery, catalogue, search, models, explore",
                name="All models",
            ),
            Room("Categories", "catalog:categories", "category, kinds, tasks, what models make"),
            Room(
                "Starred",
                "catalog:favourites",
                "favourites, starred, stars",
                name="Starred models",
            ),
            Room("Collections", "catalog:collections", "recommended, curated"),
            Room(
                "New",
                "catalog:changes",
                "what changed, changes, changelog, news",
                name="New models",
            ),
            Room(
                "Leaderboard",
                "playground:leaderboard",
                "records, ranking, best models, what to use, real prices, what models cost",
            ),
        ),
        (
            *("catalog:model", "catalog:c", "library:view"),
            *("playground:endpoint", "playground:form-"),
        ),
    ),
    Area(
        "Results",
        (
            Room(
                "All",
                "library:runs",
                "your runs, runs, history, wall, list, viewer, gallery of results",
                name="All results",
            ),
            Room("Starred", "library:runs", "favourites", "q=starred", "Starred results"),
            Room(
                "Uploaded",
                "library:runs",
                "uploads, own files, files, largest files",
                "q=is:upload",
                "Uploaded files",
            ),
            Room(
                "Shares",
                "sharing:shares",
                "links, shared forms, shared, share, reviews, review, guests, clients",
            ),
            Room(
                "Deleted",
                "library:runs",
                "bring back, undo, trash, recently deleted",
                "q=state:deleted",
                "Deleted results",
            ),
        ),
        ("library:run", "playground:run", "sharing:share"),
    ),
    Area(
        "Compare",
        (
            Room(
                "Boards",
                "boards:boards",
                "compare, side by side, comparisons, sweeps, judge, votes, grid, decisions",
            ),
        ),
        ("boards:",),
    ),
    Area(
        "Library",
        (
            Room(
                "Series",
                "library:all-series",
                "tags, labels, albums, references, characters, products, @, data sets, training",
            ),
            Room(
                "Prompts",
                "library:prompts",
                "saved prompts, templates, variables",
            ),
            Room(
                "Presets",
                "playground:all-presets",
                "preset, house defaults, styles, style, saved settings",
            ),
            Room("Flows", "flows:flows", "workflows, chained models, pipelines"),
            Room(
                "Made here",
                "playground:restorations",
                "open a run, recipe, restore, file",
            ),
        ),
        (
            "library:series",
            "library:prompt",
            "playground:preset",
            "playground:restoration",
            "flows:",
        ),
    ),
)
BELL = Area(
    "Inbox",
    (
        Room("New", "notifications:inbox", "notifications, bell, news, told", name="Inbox"),
        Room("Running", "notifications:inbox", "tray, queue", "show=running", "Runs in progress"),
    ),
)
MENU = (
    Area(
        "Account",
        (
            Room(
                "Account",
                "account",
                "settings, preferences, profile, name, password, sessions",
            ),
            Room(
                "Notifications",
                "notifications:settings",
                "settings, e-mail, Slack, webhooks",
            ),
            Room("API tokens", "api:tokens", "settings, token, tokens, programs, assistants, API"),
        ),
    ),
    Area(
        "Spending",
        (
            Room("Spending", "spending:spend", "spend, money, costs, cost"),
            Room("Budgets", "spending:budgets", "budget, limits, limit"),
            Room(
                "Rules",
                "spending:rules",
                name="Rules about sums",
                needs=permissions.CHANGE_BUDGETS,
            ),
        ),
        ("spending:",),
    ),
    Area(
        "People",
        (
            Room(
                "People",
                "people:people",
                "accounts, users, members, roles, team",
                needs=permissions.CHANGE_USER,
            ),
            Room("Invitations", "people:invitations", "invite, links", needs=permissions.ADD_USER),
        ),
        ("people:",),
    ),
    Area(
        "Administration",
        (
            Room("Admin", "admin:index", "curate, watch, set up", needs=STAFF),
            Room(
                "Status",
                "admin:status",
                "workers, queue, upstream, sync, storage, errors",
                needs=permissions.VIEW_WORKER,
            ),
            Room(
                "Rules for models",
                "rules:rules",
                "the house's rules, forbidden, locked, approved only",
                needs=permissions.CHANGE_HOUSE_RULES,
            ),
            Room("Audit log", "people:audit", "who did what", needs=permissions.VIEW_AUDIT),
        ),
    ),
)
EVERY = (*HEADER, *MENU, BELL)


def rooms(user: User) -> Iterator[Room]:
    """Yield every room that the user may open."""
    for area in EVERY:
        yield from area.rooms_of(user)


def areas(request: HttpRequest, candidates: Sequence[Area]) -> list[Tab]:
    """Return the areas of the header or the menu that have a room for the request's user."""
    user, current_area = _user(request), area_of(request)
    entered = ((area, next(area.rooms_of(user), None)) for area in candidates)
    return [Tab(area.label, room.address, area is current_area) for area, room in entered if room]


def tabs(request: HttpRequest) -> list[Tab]:
    """Return the tabs above a page: on rooms, and on all pages of the menu's areas."""
    current_room, area = room_of(request), area_of(request)
    if area is None or (current_room is None and area not in MENU):
        return []
    user = _user(request)
    return [Tab(room.label, room.address, room is current_room) for room in area.rooms_of(user)]


def room_of(request: HttpRequest) -> Room | None:
    """Return the page's room; if several match, the one with the longest query."""
    matching_rooms = [room for area in EVERY for room in area.rooms if room.holds(request)]
    return max(matching_rooms, key=lambda room: len(room.query), default=None)


def area_of(request: HttpRequest) -> Area | None:
    """Return the area that the page is in, as a room or as a page of one of its apps."""
    current_room = room_of(request)
    if current_room is not None:
        return next(area for area in EVERY if current_room in area.rooms)
    route = request.resolver_match.view_name if request.resolver_match else ""
    return next((area for area in EVERY if route.startswith(area.routes or "-")), None)


def _user(request: HttpRequest) -> User:
    return cast("User", request.user)  # the frame calls this only for authenticated users
