"""The pages, projects and actions that the command palette offers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.urls import reverse

from accounts import permissions
from playground.display.navigation import corridor
from playground.display.navigation.destinations import MAX_OF_KIND, Group, Place
from projects import current, listing

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# Pages that are not rooms of the corridor: label, synonyms, route, and the rest of the address
_PAGES = (
    ("Front page", "home, start, overview", "catalog:front", ""),
    ("Newest models", "", "catalog:models", "?sort=newest"),
    ("Marked models", "standings, marks, approved, experimental", "catalog:models", "?is=approved"),
    ("Projects", "all projects, workspace, workspaces, folders", "projects:projects", ""),
)
_ACTIONS = (
    ("New board", "compare models, sweep settings", "boards:plan", ""),
    ("New prompt", "save a prompt, style", "library:prompt-new", ""),
    ("New series", "album, reference, data set", "library:series-new", ""),
)
# Label, synonyms, route of the page that does the same without script, rest of the
# address, and the selector of the control to press
_PRESSED = (
    ("Switch theme", "theme, dark, light, appearance", "account", "#theme", "theme-switch button"),
    ("Help", "keyboard shortcuts, keys, how", "account", "", "[data-keys]"),
    ("Log out", "sign out", "account", "", "form[action='/logout/'] button"),
)


def pages(user: User, words: Sequence[str]) -> list[Place]:
    """Return the pages that the user may open and whose labels have all the words."""
    rooms = [
        _make_place(room.name or room.label, room.synonyms, room.address)
        for room in corridor.rooms(user)
    ]
    other_places = [
        _make_place(label, note, reverse(route) + suffix) for label, note, route, suffix in _PAGES
    ]
    return _having([*rooms, *other_places], words)


def _make_place(label: str, words: str, address: str, **more: str) -> Place:
    return Place(label, words, address, synonyms=words, **more)


def actions(user: User, words: Sequence[str]) -> list[Place]:
    """Return the actions that the user may begin and whose labels have all the words."""
    places = [
        _make_place(label, note, reverse(route) + suffix, icon="plus")
        for label, note, route, suffix in _ACTIONS
    ]
    if permissions.may(user, permissions.ADD_COLLECTION):
        places.append(Place("New collection", "", reverse("catalog:collections"), "plus"))
    places += [
        _make_place(label, note, reverse(route) + suffix, press=press)
        for label, note, route, suffix, press in _PRESSED
    ]
    return _having(places, words)


def projects(user: User, words: Sequence[str]) -> list[Group]:
    """Return the user's projects whose names have all the words, to open or work in; one query."""
    if not words:
        return []
    own = listing.projects_of(user)
    pages = [Place(project.name, "Go to project", project.get_absolute_url()) for project in own]
    current_project = current.chosen(user)
    choices = [
        Place(
            f"Switch to {project.name}",
            "work in this project",
            project.get_absolute_url(),
            post=reverse("projects:project-choice", args=[project.key]),
        )
        for project in own
        if project != current_project and project.archived_at is None
    ]
    return [
        Group("Projects", _having(pages, words)[:MAX_OF_KIND]),
        Group("Work in", _having(choices, words)[:MAX_OF_KIND]),
    ]


def distance(place: Place, text: str) -> int:
    """Return how far a place is from a text: 0 for its name, 1 for a prefix or a synonym.

    2 for names with all the words, 3 for places that only mention them.
    """
    label = place.label.lower()
    if label == text:
        return 0
    if label.startswith(text) or text in place.synonyms.lower().split(", "):
        return 1
    return 2 if all(word in label for word in text.split()) else 3


def _having(places: list[Place], words: Sequence[str]) -> list[Place]:
    matches = [
        place
        for place in places
        if all(word in f"{place.label} {place.note} {place.synonyms}".lower() for word in words)
    ]
    return sorted(matches, key=lambda place: distance(place, " ".join(words))) if words else matches
