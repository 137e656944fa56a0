"""Signed tokens with which a page may wait for changes: for one person, or anybody, and one day.

A token stands beside the thing to watch, and a page that stays open gets new ones. The version in
the page is not signed: it changes with each answer, and gives no access.
"""

from __future__ import annotations

import time
from typing import NamedTuple

from django.core.signing import BadSignature, Signer

from core.byte_cache import byte_cached

SALT = "vitrine.live"
LASTS_S = 24 * 3600
ROUNDED_TO_S = 3600  # so that many pages have the same token, which is signed once
ANYBODY = "*"


class WatchToken(NamedTuple):
    """The key of the person who may watch, or `ANYBODY`, and when it was issued (Unix time)."""

    whose: str
    issued: int

    @property
    def is_old(self) -> bool:
        """Whether the token has expired or will soon."""
        return time.time() - self.issued > LASTS_S / 2

    @property
    def is_expired(self) -> bool:
        """Whether the token allows nothing any more."""
        return time.time() - self.issued > LASTS_S


def issue(subject: str, whose: str) -> str:
    """Return a token with which this person, or `ANYBODY`, may watch something."""
    return _encode(subject, WatchToken(whose, int(time.time()) // ROUNDED_TO_S * ROUNDED_TO_S))


def verify(subject: str, text: str) -> WatchToken | None:
    """Return the token in `text` if it was issued for `subject`; None if its signature is wrong."""
    whose, _, rest = text.partition(".")
    issued, _, signature = rest.partition(".")
    try:
        token = WatchToken(whose, int(issued))
        Signer(salt=SALT).unsign(f"{_payload(subject, token)}:{signature}")
    except (BadSignature, ValueError):
        return None
    return token


@byte_cached(1 << 20)  # many people watch the same
def _encode(subject: str, token: WatchToken) -> str:
    signature = Signer(salt=SALT).signature(_payload(subject, token))
    return f"{token.whose}.{token.issued}.{signature}"


def _payload(subject: str, token: WatchToken) -> str:
    return f"{subject}:{token.whose}:{token.issued}"
