"""The token of a page that polls for the feedback on a share (`core/live/tokens.py`).

A guest's token names nobody: all guests of a share have the same token, but for whether they see
what other guests say. If the share is open only
to members or logged-in users, and for its makers, the token names the user, whose right is checked
before each answer. A change of the share's audience or password invalidates its tokens.
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
KIND, MAKER, VISITOR, BLIND = "share", "maker", "visitor", "blind"


class Watch(NamedTuple):
    """A verified token: the share, whose page it is, and the share's stamp.

    `role` is MAKER, VISITOR, or BLIND for a guest who does not see what other guests say.
    """

    share: uuid.UUID
    role: str
    stamp: str
    token: WatchToken

    @property
    def is_maker(self) -> bool:
        """Whether the page is a maker's."""
        return self.role == MAKER


def watch_token(visit: Visit, is_blind: bool = False) -> str:
    """Return the token for the page of this visit."""
    share = visit.share
    is_open = share.audience in {Share.Audience.LINK, Share.Audience.PUBLIC}
    is_guest = (is_open and not visit.is_maker) or not visit.user.pk
    stamp = stamp_of(share.audience, share.for_project_id, share.password)
    role = MAKER if visit.is_maker else BLIND if is_blind else VISITOR
    return _text(share.pk, role, stamp, ANYBODY if is_guest else str(visit.user.pk))


def renewed(watch: Watch) -> str:
    """Return a new token if the page's own is old; else an empty text."""
    return _text(*watch[:3], watch.token.whose) if watch.token.is_old else ""


@byte_cached(1 << 18)  # many guests poll the same share
def verify(text: str) -> Watch | None:
    """Return the contents of a token; None if it is not ours."""
    subject, _, signed = text.partition(".")
    token = tokens.verify(subject, signed)
    kind, *fields = subject.split(":")
    if token is None or kind != KIND:
        return None
    share, role, stamp = fields
    return Watch(uuid.UUID(share), role, stamp, token)


def stamp_of(audience: str, for_project: int | None, password: str) -> str:
    """Return a stamp that changes with the audience or the password."""
    access_settings = f"{audience}:{for_project}:{password}"
    return salted_hmac(SALT, access_settings).hexdigest()[:STAMP_CHARS]


def _text(share: uuid.UUID, role: str, stamp: str, whose: str) -> str:
    subject = f"{KIND}:{share.hex}:{role}:{stamp}"
    return f"{subject}.{tokens.issue(subject, whose)}"
