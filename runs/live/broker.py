"""Answers the long polls of changed runs: one query for all polls, one rendering per view.

Pages that have the same versions of the same runs share a subscription and are answered together:
apart from the bytes sent, the cost of a change does not grow with the number of watching pages.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from asgiref.sync import sync_to_async
from django.db import DatabaseError, close_old_connections
from django.db.models import UUIDField

from core.byte_cache import ByteCache
from core.db import transient_errors
from core.db.prepared_queries import Param, ParamList, PreparedQuery
from core.notify import channel
from runs.live import views, wire
from runs.live.wire import Watched
from runs.models import Run
from runs.progress import live_partials

POLL_DATABASE_S = 8.0  # in case a notification is lost
FRAGMENTS_BYTES = 4 << 20
MAX_STATES = 4096
COALESCE_S = 0.1  # log lines are sent together, at most ten times a second
# Partial outputs are sent without that delay, but limited to this share of the shared resources:
PARTIAL_PAUSE = 2.0  # pause after rendering one, as a multiple of the rendering time
PARTIAL_BYTES_PER_S = 250_000
# This state mostly ends before anybody could see it, so it is not sent at once.
COALESCED_STATES = {Run.State.SUBMITTING}

# Executed at every change of a watched run.
_VERSIONS = PreparedQuery(
    lambda: Run.objects.filter(pk__in=ParamList("pks", UUIDField())).values_list(
        "pk", "version", "state"
    )
)
_WHOLE = PreparedQuery(lambda: Run.objects.with_endpoint().filter(pk=Param("pk", UUIDField())))

log = logging.getLogger(__name__)


class News(NamedTuple):
    """What has changed for a poll: markup, the versions it shows, and both as a response's body."""

    markup: str = ""
    versions: Sequence[Watched] = ()
    body: bytes = b""


class Subscription:
    """The runs that equal pages wait for, and a future for each of these pages."""

    def __init__(self, broker: Broker, runs: tuple[Watched, ...]) -> None:
        self.broker = broker
        self.runs = runs
        self.waiting: set[asyncio.Future[News]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0
        self._publishing: asyncio.Task[None] | None = None

    def join(self) -> asyncio.Future[News]:
        """Return a future for one more page."""
        future: asyncio.Future[News] = asyncio.get_running_loop().create_future()
        self.waiting.add(future)
        return future

    def check(self) -> None:
        """Publish at once if a run has changed its state, soon if anything else is newer."""
        if any(self.broker.has_changed_state(run) for run in self.runs):
            self.publish()
        elif any(self.broker.has_partial_after(run) for run in self.runs):
            self._publish_at(self.broker.next_partial_at)
        elif self._timer is None and self.newer():
            self._publish_at(asyncio.get_running_loop().time() + self.broker.coalesce_s)

    def _publish_at(self, when: float) -> None:
        if self._timer is None or self._due > when:
            self.cancel_timer()
            self._due = when
            self._timer = asyncio.get_running_loop().call_at(when, self.publish)

    def newer(self) -> list[Watched]:
        """Return the runs that are newer than the pages' versions, with their newest version."""
        return [
            replace(run, version=newest)
            for run in self.runs
            if (newest := self.broker.newest(run)) > run.version
        ]

    def publish(self) -> None:
        """Answer all waiting pages with the runs that are newer."""
        self.cancel_timer()
        if self._publishing is None:
            self._publishing = asyncio.create_task(self._publish(), name="publish runs")

    def expire(self, future: asyncio.Future[News]) -> None:
        """Answer a page that has waited for the maximum time, even if nothing is newer."""
        if self.newer():
            self.publish()
        elif not future.done():
            future.set_result(News())

    async def _publish(self) -> None:
        try:
            news = await self.broker.render(self.newer())
            for future in self._open():
                future.set_result(news)
        except Exception as error:  # every waiting page gets the error
            for future in self._open():
                future.set_exception(error)
        finally:
            self._publishing = None

    def cancel_timer(self) -> None:
        """Cancel a publication that is due soon."""
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _open(self) -> list[asyncio.Future[News]]:
        return [future for future in self.waiting if not future.done()]


class Broker:
    """Answers those polls of this process whose runs have changed.

    One task listens for all polls: a notification costs one query, and a poll whose runs do not
    change uses nothing but memory. Changes other than of the state are collected for `coalesce_s`
    seconds and sent together.
    """

    def __init__(self, signal: channel.Signal, coalesce_s: float = COALESCE_S) -> None:
        self.signal = signal
        self.coalesce_s = coalesce_s
        self.is_shutting_down = False
        self.versions: dict[uuid.UUID, int] = {}
        self._subscriptions: dict[tuple[Watched, ...], Subscription] = {}
        self._by_run: dict[uuid.UUID, set[Subscription]] = {}
        self._by_session: dict[str, set[asyncio.Future[News]]] = {}
        self._has_subscriptions = asyncio.Event()
        self._load_lock = asyncio.Lock()
        self._render_lock = asyncio.Lock()
        # The state of each run, and the version in which it entered that state.
        self._states: OrderedDict[uuid.UUID, tuple[str, int]] = OrderedDict()
        self.next_partial_at = (
            0.0  # loop time of the next partial output, which must not occupy thread and network
        )
        self._fragments: ByteCache[tuple[int, str]] = ByteCache(
            "fragments", FRAGMENTS_BYTES, lambda fragment: len(fragment[1].encode())
        )

    async def wait_for_news(
        self, runs: tuple[Watched, ...], hold_s: float, session: str = ""
    ) -> News:
        """Return the newer versions of `runs` as soon as there are any; nothing after `hold_s`.

        Nothing either once `release` is called for the `session`. Raises DatabaseError if the runs
        cannot be read.
        """
        subscription = self._subscriptions.get(runs) or self._subscribe(runs)
        future = subscription.join()
        self._by_session.setdefault(session, set()).add(future)
        timeout: asyncio.TimerHandle | None = None
        try:
            if any(run.pk not in self.versions for run in runs):
                await self._load_unknown(runs)
            subscription.check()
            loop = asyncio.get_running_loop()
            timeout = loop.call_later(hold_s, subscription.expire, future)
            return await future
        finally:
            if timeout:
                timeout.cancel()
            subscription.waiting.discard(future)
            self._by_session[session].discard(future)
            if not self._by_session[session]:
                del self._by_session[session]
            if not subscription.waiting:
                self._unsubscribe(subscription)

    async def listen(self) -> None:
        """Load the watched runs at each notification, until this task is cancelled."""
        version = self.signal.version
        while True:
            await self._has_subscriptions.wait()
            version = await self.signal.wait(version, POLL_DATABASE_S)
            try:
                async with self._load_lock:
                    await self._load(list(self._by_run))
            except DatabaseError as error:
                message = "the watched runs could not be read; tried again at the next notification"
                transient_errors.log_failure(log, error, message)

    def release(self, session: str) -> None:
        """Answer the polls of a session that has ended, with nothing."""
        for future in self._by_session.get(session, ()):
            if not future.done():
                future.set_result(News())

    def release_all(self) -> None:
        """Answer all polls and hold no more: the server's shutdown waits for open connections."""
        self.is_shutting_down = True
        for subscription in self._subscriptions.values():
            subscription.publish()

    def has_changed_state(self, run: Watched) -> bool:
        """Whether the run has entered a state that is sent at once, since the page's version."""
        state, since = self._states.get(run.pk, ("", 0))
        return since > run.version and state not in COALESCED_STATES

    def has_ended(self, run: Watched) -> bool:
        """Whether the run has ended since the page's version."""
        state, since = self._states.get(run.pk, ("", 0))
        return since > run.version and state in Run.FINAL

    def receive(self, message: bytes) -> None:
        """Store an announced partial output, and check the subscriptions of its run."""
        pk = live_partials.receive(message)
        for subscription in self._by_run.get(pk, ()):
            subscription.check()

    def newest(self, run: Watched) -> int:
        """Return the newest version of a run in a view; 0 before it was loaded."""
        return self.versions.get(run.pk, 0) + self._partial_number(run)

    def has_partial_after(self, run: Watched) -> bool:
        """Whether a partial output newer than the page's version was announced."""
        return self._partial_number(run) > 0 and self.newest(run) > run.version

    def _partial_number(self, run: Watched) -> int:
        state, _ = self._states.get(run.pk, ("", 0))
        is_shown = state == Run.State.RUNNING and views.is_live(run.view)
        return live_partials.number_of(run.pk) if is_shown and run.pk in self.versions else 0

    async def _load_unknown(self, runs: Iterable[Watched]) -> None:
        async with self._load_lock:  # another poll may have loaded them meanwhile
            if any(run.pk not in self.versions for run in runs):
                await self._load(list(self._by_run))

    async def _load(self, pks: list[uuid.UUID]) -> None:
        changed = []
        for pk, (version, state) in (await in_thread(_versions)(pks)).items():
            if self.versions.get(pk) != version and pk in self._by_run:
                self.versions[pk] = version
                changed.append(pk)
            if self._states.get(pk, ("", 0))[0] != state:
                self._states[pk] = (state, version)
                self._states.move_to_end(pk)
                if state in Run.FINAL:
                    live_partials.forget(pk)
        while len(self._states) > MAX_STATES:
            self._states.popitem(last=False)
        for pk in changed:
            for subscription in self._by_run.get(pk, ()):
                subscription.check()

    def _subscribe(self, runs: tuple[Watched, ...]) -> Subscription:
        subscription = self._subscriptions[runs] = Subscription(self, runs)
        for run in runs:
            self._by_run.setdefault(run.pk, set()).add(subscription)
        self._has_subscriptions.set()
        return subscription

    def _unsubscribe(self, subscription: Subscription) -> None:
        subscription.cancel_timer()
        del self._subscriptions[subscription.runs]
        for run in subscription.runs:
            others = self._by_run.get(run.pk, set())
            others.discard(subscription)
            if not others:
                self._by_run.pop(run.pk, None)
                self.versions.pop(run.pk, None)
        if not self._subscriptions:
            self._has_subscriptions.clear()

    async def render(self, newer: Sequence[Watched]) -> News:
        """Return the news of these runs, encoded once for all pages that wait for them."""
        markup = "".join([await self.fragment(run) for run in newer])
        return News(markup, newer, wire.encode(markup, newer))

    async def fragment(self, run: Watched) -> str:
        """Return a run's markup in a view, of this version or newer, rendered once for all."""
        key = (run.pk, run.view)
        cached: tuple[int, str] | None = self._fragments.get(key)
        if cached is None or cached[0] < run.version:
            async with self._render_lock:  # another poll may have rendered it meanwhile
                cached = self._fragments.get(key)
                if cached is None or cached[0] < run.version:
                    began = time.monotonic()
                    cached = await in_thread(_render)(run.pk, run.view)
                    self._fragments.put(key, cached)
                    if views.is_live(run.view):
                        self._pause_partials(time.monotonic() - began, len(cached[1]))
        return cached[1]

    def _pause_partials(self, took_s: float, size_bytes: int) -> None:
        pause_s = max(PARTIAL_PAUSE * took_s, size_bytes / PARTIAL_BYTES_PER_S)
        self.next_partial_at = asyncio.get_running_loop().time() + min(pause_s, self.coalesce_s)


def _versions(pks: list[uuid.UUID]) -> dict[uuid.UUID, tuple[int, str]]:
    rows = _VERSIONS.all(pks=pks)
    return {pk: (version * live_partials.STEP, state) for pk, version, state in rows}


def _render(pk: uuid.UUID, view: str) -> tuple[int, str]:
    number = live_partials.number_of(pk) if views.is_live(view) else 0
    run = _WHOLE.get(pk=pk)
    version = run.version * live_partials.STEP + number
    return version, views.render(run, view)


def in_thread(function: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
    """Wrap a function to run in the one thread of all polls, with one database connection."""

    def with_fresh_connection(*args: Any) -> Any:
        try:
            return function(*args)
        except DatabaseError:
            close_old_connections()  # the next call opens a new one
            raise

    return sync_to_async(with_fresh_connection, thread_sensitive=True)
