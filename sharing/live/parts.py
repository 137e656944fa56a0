"""What is said on a share as parts of pages, rendered once for all pages that show it.

A part is an element whose id is the same on every page, with nothing in it that depends on who
looks: guests get the same, and makers get theirs, with what only makers may see or do. What one's
own words offer besides stands in elements that a page keeps (`data-keep`).
"""

from __future__ import annotations

import json
import uuid
from typing import NamedTuple

from core.byte_cache import ByteCache
from core.db.threads import in_thread
from sharing.live.rendering import render

CACHED_BYTES = 1 << 20


class Shown(NamedTuple):
    """What a page shows of a share: the item that is open (0: none), and whether to makers."""

    share: uuid.UUID
    is_maker: bool
    item: int


class Parts(NamedTuple):
    """All parts by names of theirs, of one version of the share."""

    version: int
    markup: dict[str, str]


_parts: ByteCache[Parts] = ByteCache(
    "parts of shares", CACHED_BYTES, lambda parts: sum(map(len, parts.markup.values())) * 2
)
_bodies: ByteCache[bytes] = ByteCache("polls of shares", CACHED_BYTES, len)


async def body(shown: Shown, after: int, version: int) -> bytes:
    """Return the answer to a poll, as JSON, that brings a page to this version or a newer one.

    It has the parts that differ from those of version `after`, as far as this process knows them.
    """
    newest = await _newest(shown, version)
    key = (shown, after, newest.version)
    encoded: bytes | None = _bodies.get(key)
    if encoded is None:
        before: Parts | None = _parts.get((shown, after))
        known = before.markup if before else {}
        changed = [markup for name, markup in newest.markup.items() if known.get(name) != markup]
        answer = {"version": newest.version, "markup": "".join(changed)}
        encoded = json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()
        _bodies.put(key, encoded)
    return encoded


async def _newest(shown: Shown, version: int) -> Parts:
    """Return the parts of this version or a newer one."""
    known: Parts | None = _parts.get((shown, version))
    if known is None:
        known = Parts(*await in_thread(render, shown.share, shown.is_maker, shown.item))
        _parts.put((shown, known.version), known)
    return known
