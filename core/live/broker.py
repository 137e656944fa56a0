"""Answers waiters when rows change: one query for all of them, one answer for equal topics.

A caller defines how rows are read (`Source`), and what its waiters wait for (`Topic`): when the
rows deserve an answer, and that answer. At each notification the broker reads the watched rows of a
source with one query, and answers all waiters for equal topics together. Apart from the bytes sent,
the cost of a change does not grow with their number, and unchanged rows use nothing but memory.
"""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import DatabaseError

from core.db import transient_errors
from core.db.threads import in_thread
from core.notify.channel import Signal

K = TypeVar("K")  # a row's key
V = TypeVar("V")  # the values that are read from it
A = TypeVar("A")  # the answer

POLL_DATABASE_S = 8.0  # in case a notification is lost

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Source(Generic[K, V]):
    """Rows that can be watched; `load(keys)` reads the changing values of those that exist."""

    name: str  # for the log
    load: Callable[[list[K]], Mapping[K, V]]


class Topic(ABC, Generic[K, V, A]):
    """The condition and the answer of a wait. Equal topics (by `==`) are answered together."""

    source: Source[K, V]
    # Whether to keep waiting if the rows cannot be read at first; else the error is raised.
    outlasts_errors = False

    @property
    @abstractmethod
    def keys(self) -> tuple[K, ...]:
        """The rows to watch."""

    @abstractmethod
    def due_in(self, rows: Mapping[K, V | None]) -> float | None:
        """Return the seconds until the answer, or None for not yet. A missing row is None.

        Called only after all rows of the topic were read.
        """

    @abstractmethod
    async def answer(self, rows: Mapping[K, V | None]) -> A:
        """Return the answer; its exceptions are raised for every waiter."""


@dataclass(frozen=True)
class NewerThan(Topic[K, int, bool]):
    """One row, until its version is above this one."""

    source: Source[K, int]
    key: K
    version: int
    outlasts_errors = True

    @property
    def keys(self) -> tuple[K, ...]:
        """Return the row's key."""
        return (self.key,)

    def due_in(self, rows: Mapping[K, int | None]) -> float | None:
        """Return 0 once the row is newer."""
        return 0.0 if (rows.get(self.key) or 0) > self.version else None

    async def answer(self, rows: Mapping[K, int | None]) -> bool:
        """Return True."""
        return True


class Broker:
    """Holds all waiters of this process; `signal` is set when the database may have changed."""

    def __init__(self, signal: Signal) -> None:
        self.signal = signal
        self.is_shutting_down = False
        self._tables: dict[Source[Any, Any], _Table[Any, Any]] = {}
        self._by_holder: defaultdict[str, set[asyncio.Future[Any]]] = defaultdict(set)
        self._listening: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """The number of waiters."""
        return sum(map(len, self._by_holder.values()))

    async def wait(self, topic: Topic[K, V, A], hold_s: float, holder: str = "") -> A | None:
        """Return the topic's answer as soon as it is due, or None after `hold_s` seconds.

        Also returns None when `release` is called for this `holder`. Raises DatabaseError if the
        rows cannot be read, and the exceptions of `topic.answer`.
        """
        table = self._tables.setdefault(topic.source, _Table(topic.source))
        subscription = table.subscribe(topic)
        future: asyncio.Future[A | None] = asyncio.get_running_loop().create_future()
        subscription.waiting.add(future)
        self._by_holder[holder].add(future)
        timeout: asyncio.TimerHandle | None = None
        try:
            self._listen_from(self.signal.version)
            await table.load_unknown(topic)
            if not future.done():  # the rows that were read may have answered it
                subscription.check()
            timeout = asyncio.get_running_loop().call_later(
                0.0 if self.is_shutting_down else hold_s, subscription.expire, future
            )
            return await future
        finally:
            if timeout:
                timeout.cancel()
            subscription.waiting.discard(future)
            if not subscription.waiting:
                table.unsubscribe(subscription)
            self._by_holder[holder].discard(future)
            if not self._by_holder[holder]:
                del self._by_holder[holder]

    def waiting_for(self, source: Source[K, Any], key: K) -> int:
        """Return the number of waiters for a row."""
        table = self._tables.get(source)
        watching = table.watching.get(key, ()) if table else ()
        return sum(len(subscription.waiting) for subscription in watching)

    def release(self, holder: str) -> None:
        """Answer the waiters of this `holder` with None."""
        for future in self._by_holder.get(holder, ()):
            _set(future, None)

    def release_all(self) -> None:
        """Answer all waiters and hold no more, because the server's shutdown waits for them."""
        self.is_shutting_down = True
        for table in self._tables.values():
            table.release_all()

    def _listen_from(self, version: int) -> None:
        if self._listening is None or self._listening.done():
            self._listening = asyncio.create_task(self._listen(version), name="live")

    async def _listen(self, version: int) -> None:
        """Read the watched rows at each notification, as long as there are waiters."""
        while any(table.watching for table in self._tables.values()):
            version = await self.signal.wait(version, POLL_DATABASE_S)
            for table in list(self._tables.values()):
                await table.load()


class _Table(Generic[K, V]):
    """The watched rows of a source, as they were last read, and their subscriptions."""

    def __init__(self, source: Source[K, V]) -> None:
        self.source = source
        self.watching: dict[K, set[_Subscription[K, V]]] = {}
        self.rows: dict[K, V | None] = {}  # None: there is no such row
        self._subscriptions: dict[Topic[K, V, Any], _Subscription[K, V]] = {}
        self._load_lock = asyncio.Lock()

    def subscribe(self, topic: Topic[K, V, Any]) -> _Subscription[K, V]:
        """Return the subscription of all waiters for this topic."""
        if subscription := self._subscriptions.get(topic):
            return subscription
        subscription = self._subscriptions[topic] = _Subscription(topic, self)
        for key in topic.keys:
            self.watching.setdefault(key, set()).add(subscription)
        return subscription

    def unsubscribe(self, subscription: _Subscription[K, V]) -> None:
        """Forget a subscription without waiters, and its rows unless others watch them."""
        subscription.cancel_timer()
        del self._subscriptions[subscription.topic]
        for key in subscription.topic.keys:
            watchers = self.watching.get(key, set())
            watchers.discard(subscription)
            if not watchers:
                self.watching.pop(key, None)
                self.rows.pop(key, None)

    def knows(self, topic: Topic[K, V, Any]) -> bool:
        """Whether all rows of a topic have been read."""
        return all(key in self.rows for key in topic.keys)

    async def load_unknown(self, topic: Topic[K, V, Any]) -> None:
        """Read the topic's unknown rows; raises DatabaseError unless the topic outlasts errors."""
        if self.knows(topic):
            return
        try:
            async with self._load_lock:  # another one may have read them meanwhile
                if not self.knows(topic):
                    await self._load()
        except DatabaseError as error:
            if not topic.outlasts_errors:
                raise
            self._log(error)

    async def load(self) -> None:
        """Read all watched rows."""
        try:
            async with self._load_lock:
                if self.watching:
                    await self._load()
        except DatabaseError as error:
            self._log(error)

    def check(self, keys: Iterable[K]) -> None:
        """Check whether the topics of these rows are due."""
        for key in keys:
            for subscription in self.watching.get(key, ()):
                subscription.check()

    def release_all(self) -> None:
        """Answer all waiters: with the answer if it is due, now or later, else with None."""
        for subscription in self._subscriptions.values():
            for future in list(subscription.waiting):
                subscription.expire(future)

    async def _load(self) -> None:
        keys = list(self.watching)
        rows = await in_thread(self.source.load, keys)
        read_rows = {key: rows.get(key) for key in keys if key in self.watching}
        changed_keys = [
            key for key, row in read_rows.items() if key not in self.rows or self.rows[key] != row
        ]
        self.rows |= read_rows
        self.check(changed_keys)

    def _log(self, error: DatabaseError) -> None:
        message = "%s could not be read; tried again at the next notification"
        transient_errors.log_failure(log, error, message, self.source.name)


class _Subscription(Generic[K, V]):
    """The waiters for equal topics, and the time of their answer."""

    def __init__(self, topic: Topic[K, V, Any], table: _Table[K, V]) -> None:
        self.topic = topic
        self.waiting: set[asyncio.Future[Any]] = set()
        self._table = table
        self._timer: asyncio.Handle | None = None
        # Kept here: in uvloop a timer that is due at once is a `Handle`, which has no time.
        self._due_at = 0.0
        self._answering: asyncio.Task[None] | None = None

    def check(self) -> None:
        """Answer now or later, as the topic says, but no later than already planned."""
        due_in = self._due_in()
        if due_in is not None and due_in <= 0:
            self._answer_now()
        elif due_in is not None:
            due_at = asyncio.get_running_loop().time() + due_in
            if self._timer is None or self._due_at > due_at:
                self.cancel_timer()
                self._due_at = due_at
                self._timer = asyncio.get_running_loop().call_at(due_at, self._answer_now)

    def expire(self, future: asyncio.Future[Any]) -> None:
        """Answer a waiter whose time is over: with the answer if it is due later, else None."""
        if self._due_in() is not None:
            self._answer_now()
        else:
            _set(future, None)

    def cancel_timer(self) -> None:
        """Cancel an answer that is due later."""
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _due_in(self) -> float | None:
        is_known = self._table.knows(self.topic)
        return self.topic.due_in(self._table.rows) if is_known else None

    def _answer_now(self) -> None:
        self.cancel_timer()
        if self._answering is None:
            self._answering = asyncio.create_task(self._answer(), name="live answer")

    async def _answer(self) -> None:
        try:
            answer = await self.topic.answer(self._table.rows)
            for future in self.waiting:
                _set(future, answer)
        except Exception as error:  # every waiter gets it
            for future in self.waiting:
                if not future.done():
                    future.set_exception(error)
        finally:
            self._answering = None


def _set(future: asyncio.Future[Any], answer: Any) -> None:
    if not future.done():
        future.set_result(answer)
