"""Wakes web and worker processes after a commit.

PostgreSQL: LISTEN/NOTIFY. SQLite: a datagram over Unix sockets, and polling of `data_version`.

A notification says only that something may have changed; the waiter queries the rows. Notifications
may get lost, so every waiter also has a timeout. A process handles its own notifications after
`OWN_DELAY_S`: it knows what it wrote, and the processes that it woke should run first.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager, closing, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from core.notify import unix_sockets

if TYPE_CHECKING:
    from psycopg.pq.abc import PGconn

CHANNEL = "vitrine_changes"
# Detects writes without a notification; reading SQLite's data_version takes a few microseconds.
POLL_EVERY_S = 0.012
IDLE_POLL_EVERY_S = 1.0  # in an idle worker, since all our writers send notifications
OWN_DELAY_S = 0.02  # before a process handles a notification of its own
DEBOUNCE_S = 1.0
PROCESS_ID = uuid.uuid4().hex  # sent along, so that a process recognizes its own notifications
RECONNECT_AFTER_S = 1.0

log = logging.getLogger(__name__)


def notify() -> None:
    """Wake every waiter in every process once this transaction is committed."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:  # the server sends it with the commit
            cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, PROCESS_ID])
    else:
        name = str(connection.settings_dict["NAME"])
        transaction.on_commit(partial(unix_sockets.notify, name, PROCESS_ID), robust=True)


class Signal:
    """Set in this process whenever the database may have changed.

    `await signal.wait(version, timeout_s)` returns the current version, at once if the signal was
    set after `version`.
    """

    def __init__(self) -> None:
        self.version = 0
        self.has_waiters = asyncio.Event()
        self._waiters = 0
        self._event = asyncio.Event()
        self._debounced_event = asyncio.Event()
        self._own_timer: asyncio.TimerHandle | None = None
        self._debounce_timer: asyncio.TimerHandle | None = None
        # Returns whether SQLite's file has changed since the last call.
        self.check_file: Callable[[], bool] = lambda: False

    def on_notify(self, senders: Collection[str]) -> None:
        """Set the signal: at once, or after `OWN_DELAY_S` if only this process notified."""
        if set(senders) != {PROCESS_ID}:
            self.set()
        elif self._own_timer is None:
            self._own_timer = asyncio.get_running_loop().call_later(OWN_DELAY_S, self.set)

    def set(self) -> None:
        """Wake every waiter of this process."""
        if self._own_timer:
            self._own_timer.cancel()
            self._own_timer = None
        self.version += 1
        event, self._event = self._event, asyncio.Event()
        event.set()
        if self._debounce_timer is None:
            loop = asyncio.get_running_loop()
            self._debounce_timer = loop.call_later(DEBOUNCE_S, self._set_debounced)

    def _set_debounced(self) -> None:
        self._debounce_timer = None
        event, self._debounced_event = self._debounced_event, asyncio.Event()
        event.set()

    async def write_silently(self, write: Awaitable[object]) -> None:
        """Await a write of this process that needs no reaction, without setting the signal.

        On SQLite the change of the file would otherwise wake us like another process's write.
        """
        if self.check_file():
            self.set()
        await write
        self.check_file()

    async def wait_debounced(self, version: int, timeout_s: float) -> None:
        """Return one second after the signal was set since `version`, or after `timeout_s`.

        For background jobs: the delay lets the run that caused the notification be submitted first.
        """
        if self.version != version:
            timeout_s = min(timeout_s, DEBOUNCE_S)
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._debounced_event.wait()

    async def wait(self, version: int, timeout_s: float) -> int:
        """Return the version once it differs from `version`, or the same after `timeout_s`."""
        if self.version == version:
            self._waiters += 1
            self.has_waiters.set()
            try:
                async with asyncio.timeout(timeout_s):
                    await self._event.wait()
            except TimeoutError:
                return self.version
            finally:
                self._waiters -= 1
                if not self._waiters:
                    self.has_waiters.clear()
        return self.version


@asynccontextmanager
async def listen(
    is_idle: Callable[[], bool] = lambda: False,
    *,
    poll_every_s: float = POLL_EVERY_S,
    idle_poll_every_s: float = IDLE_POLL_EVERY_S,
) -> AsyncIterator[Signal]:
    """Yield a signal that is set by every notification for the duration of the block.

    A change of SQLite's file without a notification is noticed within `poll_every_s` seconds, or
    within `idle_poll_every_s` while `is_idle()`.
    """
    signal = Signal()
    database = connection.settings_dict
    if connection.vendor == "postgresql":
        listener = _listen_postgresql(signal)
    else:

        def pause_s(is_notified: bool) -> float:
            return idle_poll_every_s if is_notified and is_idle() else poll_every_s

        listener = _watch_sqlite(signal, database, pause_s)
    task = asyncio.create_task(listener, name="changes")
    try:
        yield signal
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _watch_sqlite(
    signal: Signal, database: dict[str, Any], pause_s: Callable[[bool], float]
) -> None:
    """Set the signal at each notification, and when polling finds that the file has changed.

    Polls only while somebody waits for the signal, every `pause_s(whether it is notified)` seconds.
    """
    name = str(database["NAME"])
    watcher = sqlite3.connect(name, uri=name.startswith("file:"), check_same_thread=False)
    data_version = None

    def has_changed() -> bool:
        nonlocal data_version
        before = data_version
        data_version = watcher.execute("PRAGMA data_version").fetchone()[0]
        return bool(before != data_version)

    def on_notify(senders: Collection[str]) -> None:
        signal.on_notify(senders)
        # Take in the new data_version, so that polling does not report the same write again.
        asyncio.get_running_loop().call_soon(has_changed)

    signal.check_file = has_changed
    with closing(watcher), unix_sockets.on_notify(name, on_notify) as is_notified:
        while True:
            await signal.has_waiters.wait()
            if has_changed():
                signal.set()
            await asyncio.sleep(pause_s(is_notified))


async def _read_notifications(signal: Signal, pgconn: PGconn) -> None:
    """Set the signal at each NOTIFY; raises psycopg.Error when the connection is lost.

    psycopg's own `notifies()` generator takes three times the CPU.
    """
    import psycopg

    loop = asyncio.get_running_loop()
    connection_lost = loop.create_future()

    def read() -> None:
        try:
            pgconn.consume_input()
            while notification := pgconn.notifies():
                signal.on_notify([notification.extra.decode()])
        except psycopg.Error as error:
            if not connection_lost.done():
                connection_lost.set_exception(error)

    loop.add_reader(socket := pgconn.socket, read)
    try:
        await connection_lost
    finally:
        loop.remove_reader(socket)


async def _listen_postgresql(signal: Signal) -> None:
    """Set the signal at each NOTIFY and at each reconnection after the connection was lost."""
    import psycopg

    options = connection.get_connection_params()
    for django_option in ("cursor_factory", "context", "prepare_threshold"):
        options.pop(django_option, None)
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(
                **options, autocommit=True
            ) as listener:
                await listener.execute(f"LISTEN {CHANNEL}")
                signal.set()
                await _read_notifications(signal, listener.pgconn)
        except psycopg.Error as error:
            log.warning("not listening for changes: %s", str(error).partition("\n")[0])
        signal.set()
        await asyncio.sleep(RECONNECT_AFTER_S)
