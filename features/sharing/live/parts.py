"""Renders the feedback on a share as parts of pages, once for all pages that show it.

A part is an element with the same id on every page, and does not depend on the viewer: all guests
who see each other's comments get the same parts, guests who do not get theirs, and makers get
theirs, with what only makers may see or do. A part has the
same markup as the page (`templates/features/sharing/review/`) of a viewer without feedback. Actions
on the viewer's own feedback are in elements that a page keeps (`data-keep`).
Forms get a placeholder for the CSRF token, which the page replaces when it posts
(`static/js/csrf.js`).
"""

from __future__ import annotations

import json
import uuid
from typing import Any, NamedTuple

from django.contrib.auth.models import AnonymousUser
from django.template.loader import render_to_string

from core.byte_cache import ByteCache
from core.db.threads import in_thread
from features.sharing import items
from features.sharing.access import Visit
from features.sharing.live.watch_tokens import BLIND, MAKER
from features.sharing.models import Share
from features.sharing.review import reading

CACHED_BYTES = 1 << 20
FOLDER = "features/sharing/review"
TOKEN = "live"  # noqa: S105  a placeholder


class SharePage(NamedTuple):
    """A page of a share: its open item (0: none), and who sees it (`watch_tokens.Watch.role`)."""

    share: uuid.UUID
    role: str
    item: int


class Parts(NamedTuple):
    """All parts of one version of the share, by name."""

    version: int
    markup: dict[str, str]


_parts: ByteCache[Parts] = ByteCache(
    "parts of shares", CACHED_BYTES, lambda parts: sum(map(len, parts.markup.values())) * 2
)
_bodies: ByteCache[bytes] = ByteCache("polls of shares", CACHED_BYTES, len)


async def body(page: SharePage, after: int, version: int) -> bytes:
    """Return the JSON answer to a poll, which updates a page to this version or a newer one.

    It has the parts that differ from version `after`, or all if this process does not know that.
    """
    newest = await _newest(page, version)
    key = (page, after, newest.version)
    encoded: bytes | None = _bodies.get(key)
    if encoded is None:
        before: Parts | None = _parts.get((page, after))
        known = before.markup if before else {}
        changes = [markup for name, markup in newest.markup.items() if known.get(name) != markup]
        answer = {"version": newest.version, "markup": "".join(changes)}
        encoded = json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()
        _bodies.put(key, encoded)
    return encoded


async def _newest(page: SharePage, version: int) -> Parts:
    parts: Parts | None = _parts.get((page, version))
    if parts is None:
        parts = Parts(*await in_thread(render, *page))
        _parts.put((page, parts.version), parts)
    return parts


def render(share_id: uuid.UUID, role: str, item: int) -> tuple[int, dict[str, str]]:
    """Return the share's version and its parts by name, as visitors of this role see them.

    `item` is the number of the open item; 0 on the page of all. The version is read first:
    feedback from the meantime is newer, and pages get it again.
    """
    share = Share.objects.select_related("user", "project").get(pk=share_id)
    visit = Visit(share, AnonymousUser(), role == MAKER)
    context = {"share": share, "visit": visit, "csrf_token": TOKEN, "is_blind": role == BLIND}
    return share.version, _of_item(context, item) if item else _of_page(context)


def _of_page(context: dict[str, Any]) -> dict[str, str]:
    share, is_blind = context["share"], context["is_blind"]
    tiles = reading.bare_tiles(share, is_blind=is_blind)
    parts = {"review-now": _draw("_now", context | {"tiles": tiles})}
    if share.takes_comments:
        for tile in tiles:
            parts[f"said-{tile.number}"] = _draw("_count", context | {"tile": tile})
        threads = reading.threads(share, is_blind=is_blind)
        parts["threads"] = _draw("_threads", context | {"threads": threads, "back": ""})
    return parts


def _of_item(context: dict[str, Any], number: int) -> dict[str, str]:
    share, is_blind = context["share"], context["is_blind"]
    item_view = items.one_of(share, number)
    if item_view is None:
        return {"review-now": _draw("_now", context | {"is_gone": True})}
    chain, versions = reading.versions_of(share, item_view.item, is_blind=is_blind)
    ordinal = [item.pk for item in chain].index(item_view.item.pk) + 1
    threads = reading.threads(share, chain, is_blind=is_blind)
    context |= {
        "shown_item": item_view,
        "item": item_view.item,
        "versions": versions,
        "ordinal": ordinal,
        "threads": threads,
        "pins": [thread for thread in threads if thread.is_pinned and thread.version == ordinal],
        "back": "item",
    }
    names = ["_now", "_versions"]
    if share.takes_comments:
        names.append("_threads")
        if item_view.artifact and item_view.artifact.kind in {"image", "video"}:
            names.append("_pins")
    return {name: _draw(name, context) for name in names}


def _draw(name: str, context: dict[str, Any]) -> str:
    return render_to_string(f"{FOLDER}/{name}.html", context)
