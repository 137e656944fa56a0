"""Renders what is said on a share, as the parts that open pages swap in.

The same markup as on the pages (`templates/sharing/review/`), as somebody sees it who has said
nothing yet: a page keeps its own buttons. Forms get a placeholder for the CSRF token, which the
page replaces when it posts (`static/js/csrf.js`).
"""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.template.loader import render_to_string

from sharing import items
from sharing.access import Visit
from sharing.models import Share
from sharing.review import reading

FOLDER = "sharing/review"
TOKEN = "live"  # noqa: S105  a placeholder


def render(share_id: uuid.UUID, is_maker: bool, item: int) -> tuple[int, dict[str, str]]:
    """Return the share's version and its parts by names of theirs, as guests or makers see them.

    `item` is the number of the open one; 0 on the page of all. The version is read first: what is
    said meanwhile is newer than that, and comes again.
    """
    share = Share.objects.select_related("user", "project").get(pk=share_id)
    visit = Visit(share, AnonymousUser(), is_maker)
    context = {"share": share, "visit": visit, "csrf_token": TOKEN}
    return share.version, _of_item(context, item) if item else _of_page(context)


def _of_page(context: dict[str, Any]) -> dict[str, str]:
    share = context["share"]
    tiles = reading.bare_tiles(share)
    parts = {"review-now": _draw("_now", context | {"tiles": tiles})}
    if share.takes_comments:
        for tile in tiles:
            parts[f"said-{tile.number}"] = _draw("_count", context | {"tile": tile})
        threads = reading.threads(share)
        parts["threads"] = _draw("_threads", context | {"threads": threads, "back": ""})
    return parts


def _of_item(context: dict[str, Any], number: int) -> dict[str, str]:
    share = context["share"]
    shown = items.one_of(share, number)
    if shown is None:
        return {"review-now": _draw("_now", context | {"tiles": []})}
    chain, versions = reading.versions_of(share, shown.item)
    ordinal = [item.pk for item in chain].index(shown.item.pk) + 1
    threads = reading.threads(share, chain)
    context |= {
        "shown": shown,
        "item": shown.item,
        "versions": versions,
        "ordinal": ordinal,
        "threads": threads,
        "pins": [one for one in threads if one.is_pinned and one.version == ordinal],
        "back": "item",
    }
    names = ["_now", "_versions"]
    if share.takes_comments:
        names.append("_threads")
        if shown.artifact and shown.artifact.kind in {"image", "video"}:
            names.append("_pins")
    return {name: _draw(name, context) for name in names}


def _draw(name: str, context: dict[str, Any]) -> str:
    return render_to_string(f"{FOLDER}/{name}.html", context)
