"""What a page that polls what is said on a share has in its token (`core/live/tokens.py`).

A guest's token names nobody: all guests of a share have the same one. Where the share is open to
members or to whoever logs in, and for its makers, the token names the user, whose right is checked
again before anything is sent. A token is void once the share's audience or password has changed.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, NamedTuple

from django.utils.crypto import salted_hmac

from core.byte_cache import byte_cached
from core.live import tokens
from core.live.tokens import ANYBODY, WatchToken
from features.sharing.models import Share

if TYPE_CHECKING:
    from features.sharing.access import Visit

SALT = "sharing.live"
STAMP_CHARS = 16
KIND, MAKER, VISITOR = "share", "maker", "visitor"


class Watch(NamedTuple):
    """Which share a page shows, whether to its makers, and what the share asked of its visitors."""

    share: uuid.UUID
    is_maker: bool
    stamp: str
    token: WatchToken


def watch_token(visit: Visit) -> str:
    """Return the text of the token for the page of this visit."""
    share = visit.share
    is_open = share.audience in {Share.Audience.LINK, Share.Audience.PUBLIC}
    is_guest = (is_open and not visit.is_maker) or not visit.user.pk
    stamp = stamp_of(share.audience, share.for_project_id, share.password)
    return _text(share.pk, visit.is_maker, stamp, ANYBODY if is_guest else str(visit.user.pk))


def renewed(watch: Watch) -> str:
    """Return a new token for a page that has stayed open; empty while its own lasts."""
    return _text(*watch[:3], watch.token.whose) if watch.token.is_old else ""


@byte_cached(1 << 18)  # many guests poll the same share
def verify(text: str) -> Watch | None:
    """Return what a token says; None if it is not ours."""
    what, _, signed = text.partition(".")
    token = tokens.verify(what, signed)
    kind, *named = what.split(":")
    if token is None or kind != KIND:
        return None
    share, role, stamp = named
    return Watch(uuid.UUID(share), role == MAKER, stamp, token)


def stamp_of(audience: str, for_project: int | None, password: str) -> str:
    """Return what changes once others are admitted than before."""
    asked = f"{audience}:{for_project}:{password}"
    return salted_hmac(SALT, asked).hexdigest()[:STAMP_CHARS]


def _text(share: uuid.UUID, is_maker: bool, stamp: str, whose: str) -> str:
    what = f"{KIND}:{share.hex}:{MAKER if is_maker else VISITOR}:{stamp}"
    return f"{what}.{tokens.issue(what, whose)}"
