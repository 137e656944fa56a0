"""How web and worker wake each other: LISTEN/NOTIFY on PostgreSQL; on SQLite a doorbell and a cheap change check.

A wake-up says only that something may have changed; whoever is woken looks at the rows.
Nothing depends on a wake-up: every waiter also looks after a time. What a process announced itself it
looks at a moment later: it knows what it wrote, and whoever was woken by it is to have the processor first.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import uuid
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, closing, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from playground import doorbells

if TYPE_CHECKING:
    from psycopg.pq.abc import PGconn

CHANNEL = "vitrine_changes"
# For what nobody rang; reading SQLite's data_version costs some microseconds.
CHECK_S = 0.012
OWN_S = 0.02
US = uuid.uuid4().hex  # who announces
LISTEN_AGAIN_S = 1.0

log = logging.getLogger(__name__)


def announce() -> None:
    """Wake everybody who waits, when this transaction is committed."""
    if connection.vendor == "postgresql":
        connection.tell(f"NOTIFY {CHANNEL}, '{US}'")  # type: ignore[attr-defined]  # config.postgresql
    else:
        name = str(connection.settings_dict["NAME"])
        transaction.on_commit(partial(doorbells.ring, name, US), robust=True)


def hasten() -> None:
    """Let this transaction's commit be told before the disk has it: all that it holds can be had again.

    On PostgreSQL a failing machine may take back the last half second of such commits, never one that
    another, lasting one has followed. SQLite makes no such difference.
    """
    if connection.vendor == "postgresql":
        connection.tell("SET LOCAL synchronous_commit TO off")  # type: ignore[attr-defined]  # config.postgresql


class Bell:
    """Rings in this process when the database may have changed.

    `await bell.wait(version, timeout_s)` returns the bell's new version, at once if it
    rang since `version`.
    """

    def __init__(self) -> None:
        self.version = 0
        self.is_wanted = asyncio.Event()
        self._waiting = 0
        self._rung = asyncio.Event()
        self._soon: asyncio.TimerHandle | None = None

    def hear(self, who: Collection[str]) -> None:
        """Ring because these announced something: at once, or soon where it was only this process."""
        if set(who) != {US}:
            self.ring()
        elif self._soon is None:
            self._soon = asyncio.get_running_loop().call_later(OWN_S, self.ring)

    def ring(self) -> None:
        """Wake every waiter of this process."""
        if self._soon:
            self._soon.cancel()
            self._soon = None
        self.version += 1
        rung, self._rung = self._rung, asyncio.Event()
        rung.set()

    async def wait(self, version: int, timeout_s: float) -> int:
        """The version after the next ring, or the same one when `timeout_s` passed."""
        if self.version == version:
            self._waiting += 1
            self.is_wanted.set()
            try:
                async with asyncio.timeout(timeout_s):
                    await self._rung.wait()
            except TimeoutError:
                return self.version
            finally:
                self._waiting -= 1
                if not self._waiting:
                    self.is_wanted.clear()
        return self.version


@asynccontextmanager
async def listening() -> AsyncIterator[Bell]:
    """A bell that rings for this process while the block runs."""
    bell = Bell()
    listen = _listen_postgresql if connection.vendor == "postgresql" else _watch_sqlite
    task = asyncio.create_task(listen(bell, connection.settings_dict), name="changes")
    try:
        yield bell
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _watch_sqlite(bell: Bell, database: dict[str, Any]) -> None:
    """Ring when another connection has written to the file; look at each doorbell, and while somebody waits."""
    name = str(database["NAME"])
    watcher = sqlite3.connect(name, uri=name.startswith("file:"), check_same_thread=False)
    seen = None

    def look(who: Collection[str] = ()) -> None:
        nonlocal seen
        version = watcher.execute("PRAGMA data_version").fetchone()[0]
        if version != seen:
            seen = version
            bell.hear(who)

    with closing(watcher), doorbells.heard(name, look):
        while True:
            await bell.is_wanted.wait()
            look()
            await asyncio.sleep(CHECK_S)


async def _heard(bell: Bell, server: PGconn) -> None:
    """Ring at each NOTIFY, until the connection is lost: psycopg's own generator does as much in three times the time."""
    import psycopg

    loop = asyncio.get_running_loop()
    lost = loop.create_future()

    def read() -> None:
        try:
            server.consume_input()
            while heard := server.notifies():
                bell.hear([heard.extra.decode()])
        except psycopg.Error as error:
            if not lost.done():
                lost.set_exception(error)

    loop.add_reader(socket := server.socket, read)
    try:
        await lost
    finally:
        loop.remove_reader(socket)


async def _listen_postgresql(bell: Bell, database: dict[str, Any]) -> None:
    """Ring at each NOTIFY; connect again when the connection is lost, and ring then too."""
    import psycopg

    options = connection.get_connection_params()
    for ours in ("cursor_factory", "context", "prepare_threshold"):
        options.pop(ours, None)
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(
                **options, autocommit=True
            ) as listener:
                await listener.execute(f"LISTEN {CHANNEL}")
                bell.ring()
                await _heard(bell, listener.pgconn)
        except psycopg.Error as error:
            log.warning("not listening for changes: %s", str(error).partition("\n")[0])
        bell.ring()
        await asyncio.sleep(LISTEN_AGAIN_S)
