"""Signed tokens with which a page may poll what is said on a share: for one reader and one day.

A guest's token names nobody: all guests of a share have the same one. Where the share is open to
members or to whoever logs in, and for its makers, the token names the user, whose right is checked
again before anything is sent. A token is void once the share's audience or password has changed.
"""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, NamedTuple

from django.core import signing
from django.utils.crypto import salted_hmac

from core.byte_cache import byte_cached
from sharing.models import Share

if TYPE_CHECKING:
    from sharing.access import Visit

SALT = "sharing.live"
LASTS_S = 24 * 3600
ROUNDED_TO_S = 3600  # so that all guests have the same token, which is verified once
NOBODY = 0
STAMP_CHARS = 16


class Watch(NamedTuple):
    """Which share a page shows, to whom (`NOBODY`: to guests), and what the share asked of them."""

    share: uuid.UUID
    user_id: int
    is_maker: bool
    stamp: str
    issued: int

    @property
    def is_old(self) -> bool:
        """Whether the page needs a new token soon."""
        return time.time() - self.issued > LASTS_S / 2

    @property
    def is_expired(self) -> bool:
        """Whether the token is valid no more."""
        return time.time() - self.issued > LASTS_S


def watch_token(visit: Visit) -> str:
    """Return the token for the page of this visit."""
    share = visit.share
    is_open = share.audience in {Share.Audience.LINK, Share.Audience.PUBLIC}
    user_id = NOBODY if is_open and not visit.is_maker else visit.user.pk or NOBODY
    stamp = stamp_of(share.audience, share.for_project_id, share.password)
    return _encode(Watch(share.pk, user_id, visit.is_maker, stamp, _now()))


def renewed(watch: Watch) -> str:
    """Return a new token for a page that has stayed open; empty while its own lasts."""
    return _encode(watch._replace(issued=_now())) if watch.is_old else ""


@byte_cached(1 << 18)  # many guests poll the same share
def verify(text: str) -> Watch | None:
    """Return what a token says; None if it is not ours."""
    try:
        signer = signing.Signer(salt=SALT)
        share, user_id, is_maker, stamp, issued = signer.unsign_object(text)
        return Watch(uuid.UUID(share), int(user_id), bool(is_maker), str(stamp), int(issued))
    except (signing.BadSignature, ValueError, TypeError):
        return None


def stamp_of(audience: str, for_project: int | None, password: str) -> str:
    """Return what changes once others are admitted than before."""
    asked = f"{audience}:{for_project}:{password}"
    return salted_hmac(SALT, asked).hexdigest()[:STAMP_CHARS]


def _now() -> int:
    return int(time.time()) // ROUNDED_TO_S * ROUNDED_TO_S


@byte_cached(1 << 18)
def _encode(watch: Watch) -> str:
    # Without the time in seconds that `signing.dumps` adds: no two guests would have the same.
    return signing.Signer(salt=SALT).sign_object([watch.share.hex, *watch[1:]])
