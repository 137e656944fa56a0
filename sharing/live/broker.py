"""Wakes the held polls of a share once something was said on it: one query for all shares.

A share on which many people say much is published less often, so that answering its pages and
taking their next polls never takes up the whole process.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db import DatabaseError
from django.db.models import UUIDField
from django.utils import timezone

from core.db import transient_errors
from core.db.prepared_queries import ParamList, PreparedQuery
from core.notify.channel import Signal
from runs.live.broker import in_thread
from sharing.live.watch_tokens import stamp_of
from sharing.models import Share

POLL_DATABASE_S = 8.0  # in case a notification is lost
PAUSE_PER_PAGE_S = 0.0025  # between two publications of a share, for each page that shows it
LONGEST_PAUSE_S = 1.0

# Executed at every change of a watched share.
_ROWS = PreparedQuery(
    lambda: Share.objects.filter(pk__in=ParamList("pks", UUIDField())).values_list(
        "pk", "version", "audience", "for_project_id", "password", "revoked_at", "expires_at",
        "user__is_active",
    )
)  # fmt: skip

log = logging.getLogger(__name__)


class ShareState(NamedTuple):
    """What a poll has to know of a share."""

    version: int
    stamp: str  # of those it admits
    is_revoked: bool
    expires_at: datetime | None

    @property
    def is_over(self) -> bool:
        """Whether its address leads nowhere now."""
        return self.is_revoked or (
            self.expires_at is not None and self.expires_at <= timezone.now()
        )


class _Pages:
    """The pages that show one share and wait for its next version."""

    def __init__(self) -> None:
        self.is_loaded = False
        self.published: ShareState | None = None
        self.polls = 0
        self._waiting: set[asyncio.Future[bool]] = set()
        self._newest: ShareState | None = None
        self._published_at = 0.0
        self._timer: asyncio.TimerHandle | None = None

    async def wait(self, ends_at: float) -> bool:
        """Return True at the next publication, False at that time of the loop."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[bool] = loop.create_future()
        self._waiting.add(future)
        timer = loop.call_at(ends_at, _wake, future, False)
        try:
            return await future
        finally:
            timer.cancel()
            self._waiting.discard(future)

    def update(self, state: ShareState | None) -> None:
        """Take in the share's state; a change wakes the pages, soon after the last time."""
        if self.is_loaded and self._newest == state:
            return
        self.is_loaded, self._newest = True, state
        loop = asyncio.get_running_loop()
        pause_s = min(PAUSE_PER_PAGE_S * len(self._waiting), LONGEST_PAUSE_S)
        is_due = loop.time() >= self._published_at + pause_s
        if is_due or state is None or state.is_over:
            self.publish()
        elif self._timer is None:
            self._timer = loop.call_at(self._published_at + pause_s, self.publish)

    def publish(self) -> None:
        """Wake the pages; polls that come before the next publication wait for it."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        self.published = self._newest
        self._published_at = asyncio.get_running_loop().time()
        for future in self._waiting:
            _wake(future, True)


class ShareBroker:
    """Holds the polls of this process; `signal` is set whenever the database may have changed."""

    def __init__(self, signal: Signal) -> None:
        self.signal = signal
        self.is_shutting_down = False
        self._shares: dict[uuid.UUID, _Pages] = {}
        self._watching: asyncio.Task[None] | None = None
        self._load_lock = asyncio.Lock()

    async def wait(
        self, share: uuid.UUID, after: int, stamp: str, hold_s: float
    ) -> ShareState | None:
        """Return the share's state: once it is newer than `after`, has ended or admits others.

        Else after `hold_s`. None where there is no such share. Raises DatabaseError.
        """
        pages = self._shares.setdefault(share, _Pages())
        pages.polls += 1
        try:
            if not pages.is_loaded:
                await self._load_unknown(share)
            self._watch()
            ends_at = asyncio.get_running_loop().time() + hold_s
            while _is_waiting(pages.published, after, stamp) and not self.is_shutting_down:
                if not await pages.wait(ends_at):
                    break
            return pages.published
        finally:
            pages.polls -= 1
            if not pages.polls:
                self._shares.pop(share, None)

    def release_all(self) -> None:
        """Answer all polls and hold no more: the server's shutdown waits for open connections."""
        self.is_shutting_down = True
        for pages in self._shares.values():
            pages.publish()

    def _watch(self) -> None:
        if self._watching is None or self._watching.done():
            self._watching = asyncio.create_task(self._listen(), name="polls of shares")

    async def _listen(self) -> None:
        """Load the watched shares at each notification, as long as there are any."""
        while self._shares:
            version = self.signal.version
            try:
                async with self._load_lock:
                    await self._load(list(self._shares))
            except DatabaseError as error:
                message = "the watched shares could not be read; tried again"
                transient_errors.log_failure(log, error, message)
            await self.signal.wait(version, POLL_DATABASE_S)

    async def _load_unknown(self, share: uuid.UUID) -> None:
        async with self._load_lock:  # another poll may have loaded it meanwhile
            pages = self._shares.get(share)
            if pages and not pages.is_loaded:
                await self._load([share])

    async def _load(self, shares: Iterable[uuid.UUID]) -> None:
        wanted = list(shares)
        states: dict[uuid.UUID, ShareState] = await in_thread(_states)(wanted)
        for share in wanted:
            if pages := self._shares.get(share):
                pages.update(states.get(share))


def _is_waiting(state: ShareState | None, after: int, stamp: str) -> bool:
    """Whether there is nothing to tell a page yet."""
    if state is None or state.is_over or state.stamp != stamp:
        return False
    return state.version <= after


def _wake(future: asyncio.Future[bool], is_published: bool) -> None:
    if not future.done():
        future.set_result(is_published)


def _states(shares: list[uuid.UUID]) -> dict[uuid.UUID, ShareState]:
    return {
        pk: ShareState(
            version,
            stamp_of(audience, for_project, password),
            revoked_at is not None or not is_active,
            expires_at,
        )
        for pk, version, audience, for_project, password, revoked_at, expires_at, is_active in (
            _ROWS.all(pks=shares)
        )
    }
