"""The topic that open pages of a share wait for: new feedback, or the end of the share.

A share with many pages and much feedback is published less often, so that answering its pages and
their next polls never occupies the whole process.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from cachetools import TTLCache
from django.utils import timezone

from core.live.broker import Broker, Source, Topic
from features.sharing.live.watch_tokens import stamp_of
from features.sharing.models import Share

PAUSE_PER_PAGE_S = 0.0025  # between two publications of a share, per page that shows it
LONGEST_PAUSE_S = 1.0
MAX_PUBLISHED = 1024


class ShareState(NamedTuple):
    """What a poll needs to know about a share."""

    version: int
    stamp: str  # changes with the audience and the password
    is_revoked: bool
    expires_at: datetime | None

    @property
    def is_over(self) -> bool:
        """Whether the share has ended."""
        return self.is_revoked or (
            self.expires_at is not None and self.expires_at <= timezone.now()
        )


def _load(pks: list[uuid.UUID]) -> dict[uuid.UUID, ShareState]:
    columns = ("version", "audience", "for_project", "password", "revoked_at", "expires_at")
    shares = Share.objects.select_related("user").only(*columns, "user__is_active")
    return {
        share.pk: ShareState(
            share.version,
            stamp_of(share.audience, share.for_project_id, share.password),
            share.revoked_at is not None or not share.user.is_active,
            share.expires_at,
        )
        for share in shares.filter(pk__in=pks)
    }


SHARES = Source("the watched shares", _load)
GONE = ShareState(0, "", is_revoked=True, expires_at=None)  # of a share that does not exist
# Each share's last published state, and the time of publication by the monotonic clock.
_published: TTLCache[uuid.UUID, tuple[ShareState, float]] = TTLCache(MAX_PUBLISHED, LONGEST_PAUSE_S)
_NEVER = (GONE, 0.0)


@dataclass(frozen=True)
class NewsOfShare(Topic[uuid.UUID, ShareState, ShareState]):
    """The topic of pages that show version `after` of a share and were admitted with `stamp`.

    The answer is the share's state, once it is newer, has ended, or its stamp has changed.
    """

    share: uuid.UUID
    after: int
    stamp: str
    broker: Broker
    source = SHARES

    @property
    def keys(self) -> tuple[uuid.UUID, ...]:
        """Return the share's key."""
        return (self.share,)

    def due_in(self, rows: Mapping[uuid.UUID, ShareState | None]) -> float | None:
        """Return 0 for an end; feedback waits until the share may be published again."""
        state = rows.get(self.share) or GONE
        if self._is_end(state):
            return 0.0
        if state.version <= self.after:
            return None
        published, published_at = _published.get(self.share, _NEVER)
        if self.after < published.version:
            return 0.0  # the page has missed that publication
        pages = self.broker.waiting_for(SHARES, self.share)
        pause_s = min(PAUSE_PER_PAGE_S * pages, LONGEST_PAUSE_S)
        return published_at + pause_s - time.monotonic()

    async def answer(self, rows: Mapping[uuid.UUID, ShareState | None]) -> ShareState:
        """Publish the share's state; a page that has missed the last publication gets that one."""
        state = rows.get(self.share) or GONE
        published, _ = _published.get(self.share, _NEVER)
        if self.after < published.version and not self._is_end(state):
            return published
        _published[self.share] = (state, time.monotonic())
        return state

    def _is_end(self, state: ShareState) -> bool:
        """Whether the page has to close: the share has ended, or its stamp has changed."""
        return state.is_over or state.stamp != self.stamp
