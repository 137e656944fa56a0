"""The pages, projects and actions that the command palette offers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.urls import reverse

from accounts import permissions
from playground.display.navigation.destinations import MAX_OF_KIND, Group, Place
from projects import current, listing

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# Label, other words for it, route, and the rest of the address
_PAGES = (
    ("Front page", "home, start", "catalog:front", ""),
    ("All models", "gallery, catalogue, search", "catalog:models", ""),
    ("Favourite models", "starred", "catalog:favourites", ""),
    ("Newest models", "", "catalog:models", "?sort=newest"),
    ("What changed", "news, new models, prices, feed", "catalog:changes", ""),
    ("Saved searches", "", "catalog:saved-searches", ""),
    ("Collections", "", "catalog:collections", ""),
    ("Your runs", "history", "library:runs", ""),
    ("Recently deleted runs", "bring back, undo, trash", "library:runs", "?state=deleted"),
    ("Boards", "comparisons, sweeps, votes", "boards:boards", ""),
    ("Reports", "boards on one page, slides, PDF, decisions", "sharing:reports", ""),
    ("Leaderboard", "votes, ranking, best models, arena, strength", "leaderboard:leaderboard", ""),
    ("Chats", "conversations", "chats:chats", ""),
    ("Flows", "chained models", "flows:flows", ""),
    ("Workflows of the account", "fal", "flows:account", ""),
    ("Training", "data sets, trainers, LoRA", "training:training", ""),
    ("Weights", "trained LoRAs", "training:weights", ""),
    ("Prompts", "saved prompts, styles, templates, variables", "library:prompts", ""),
    ("Series", "selections, sets of results, albums", "library:all-series", ""),
    ("Tags", "labels, words of results", "library:tags", ""),
    ("References", "characters, products, places, looks, @", "library:references", ""),
    ("Shares", "links, shared forms, reviews, guests", "sharing:shares", ""),
    ("Account", "settings, profile, name, password, sessions, theme", "account", ""),
    ("Notifications", "settings, e-mail, Slack, webhooks", "notifications:settings", ""),
    ("API tokens", "settings, programs, assistants, keys", "api:tokens", ""),
)
_ACTIONS = (
    ("New board", "compare models, sweep settings", "boards:plan", ""),
    ("New chat", "talk to a language model", "chats:new", ""),
    ("New flow", "chain models", "flows:new", ""),
    ("New training", "choose a trainer, new data set", "training:training", ""),
    ("New prompt", "save a prompt, new style", "library:prompt-new", ""),
    ("New reference", "character, product, place, look", "library:reference-new", ""),
    ("Import a board", "board.json", "boards:import", ""),
    ("Import a flow", "flow.json", "flows:import", ""),
    ("Import prompts", "lines, CSV, JSON", "library:prompts-import", ""),
)
# Label, other words for it, route of the page that does the same without script, rest of the
# address, and the selector of the control to press
_PRESSED = (
    ("Switch theme", "dark, light, appearance", "account", "#theme", "theme-switch button"),
    ("Keyboard shortcuts", "keys, help", "account", "", "[data-keys]"),
    ("Log out", "sign out", "account", "", "form[action='/logout/'] button"),
)


def pages(user: User, words: Sequence[str]) -> list[Place]:
    """Return the pages that the user may open and whose labels have all the words."""
    places = [Place(label, note, reverse(route) + rest) for label, note, route, rest in _PAGES]
    if user.is_staff:
        places.append(Place("Admin", "curate, watch, set up", reverse("admin:index")))
    if permissions.may(user, permissions.VIEW_AUDIT):
        places.append(Place("Audit log", "who did what, sign-ins", reverse("people:audit")))
    if permissions.may(user, permissions.CHANGE_USER):
        note = "accounts, roles, members, team, sessions"
        places.append(Place("People", note, reverse("people:people")))
    if permissions.may(user, permissions.ADD_USER):
        note = "invite people, links, accounts"
        places.append(Place("Invitations", note, reverse("people:invitations")))
    if permissions.may(user, permissions.VIEW_WORKER):
        note = "workers, queue, upstream, sync, storage, errors"
        places.append(Place("Status", note, reverse("admin:status")))
    if permissions.may(user, permissions.CHANGE_HOUSE_RULES):
        note = "forbidden, locked, approved only"
        places.append(Place("The house's rules for models", note, reverse("rules:rules")))
    return _having(places, words)


def actions(user: User, words: Sequence[str]) -> list[Place]:
    """Return the actions that the user may begin and whose labels have all the words."""
    places = [
        Place(label, note, reverse(route) + rest, "plus") for label, note, route, rest in _ACTIONS
    ]
    if permissions.may(user, permissions.ADD_COLLECTION):
        places.append(Place("New collection", "", reverse("catalog:collections"), "plus"))
    places += [
        Place(label, note, reverse(route) + rest, press=press)
        for label, note, route, rest, press in _PRESSED
    ]
    return _having(places, words)


def projects(user: User, words: Sequence[str]) -> list[Group]:
    """Return the user's projects with all the words: to look at, and to work in; one query."""
    if not words:
        return []
    own = listing.of(user)
    pages = [Place(project.name, "Go to project", project.get_absolute_url()) for project in own]
    here = current.chosen(user)
    choices = [
        Place(
            f"Switch to {project.name}",
            "work in this project",
            project.get_absolute_url(),
            post=reverse("projects:project-choice", args=[project.key]),
        )
        for project in own
        if project != here and project.archived_at is None
    ]
    return [
        Group("Projects", _having(pages, words)[:MAX_OF_KIND]),
        Group("Work in", _having(choices, words)[:MAX_OF_KIND]),
    ]


def _having(places: list[Place], words: Sequence[str]) -> list[Place]:
    return [
        place
        for place in places
        if all(word in f"{place.label} {place.note}".lower() for word in words)
    ]
