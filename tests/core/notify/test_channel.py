"""Wake-ups: at once through a Unix socket or NOTIFY, otherwise a moment later."""

import asyncio
import os
import socket
import uuid
from collections.abc import Callable

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, connections, transaction

from core.notify import channel, unix_sockets
from tests import clock

pytestmark = pytest.mark.both_databases

PATIENCE_S = 60.0


@pytest.fixture
def database() -> str:
    """A database's name that nobody else notifies, longer than a socket's path may be."""
    return f"/{uuid.uuid4()}/{'long' * 100}.sqlite3"


def listen(database: str, ring: Callable[[], object]) -> int:
    """Return how often `ring` wakes two listeners."""

    async def main() -> int:
        woken: list[int] = []
        is_heard = asyncio.Event()

        def hear(number: int) -> None:
            woken.append(number)
            if set(woken) == {1, 2}:
                is_heard.set()

        with (
            unix_sockets.on_notify(database, lambda who: hear(1)),
            unix_sockets.on_notify(database, lambda who: hear(2)),
        ):
            await asyncio.to_thread(ring)
            async with asyncio.timeout(PATIENCE_S):
                await is_heard.wait()
        return len(woken)

    return asyncio.run(main())


def test_a_notification_wakes_all_and_bursts_are_merged(database):
    assert listen(database, lambda: unix_sockets.notify(database)) == 2

    def ring_often() -> None:
        for _ in range(500):
            unix_sockets.notify(database)

    assert listen(database, ring_often) >= 2


def test_another_database_is_not_notified(database):
    def ring() -> None:
        unix_sockets.notify(f"{database}-other")
        unix_sockets.notify(database)

    assert listen(database, ring) == 2


def test_a_killed_process_leaves_no_socket_behind(database):
    place = unix_sockets.folder(database)
    assert place
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as dead:
        dead.bind(str(place / "dead"))
    unix_sockets.notify(database)
    assert not list(place.iterdir())


def test_a_folder_writable_by_others_is_not_used(database):
    place = unix_sockets.folder(database)
    assert place
    assert place.stat().st_uid == os.getuid()
    place.chmod(0o777)
    assert unix_sockets.folder(database) is None
    unix_sockets.notify(database)
    assert list(place.iterdir()) == []
    place.chmod(0o700)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("has_rung", [True, False])
def test_a_committed_change_wakes_waiters(has_rung):
    # On SQLite, a change by a program that does not notify is found as well.
    rings = has_rung or connection.vendor != "sqlite"
    poll_every_s = 2 * PATIENCE_S if has_rung else channel.POLL_EVERY_S

    def write() -> None:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("UPDATE playground_worker SET trouble = 'none'")
                cursor.execute("CREATE TABLE written (x integer)")
            if rings:
                channel.notify()
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE written")

    async def main() -> bool:
        try:
            async with channel.listen(poll_every_s=poll_every_s) as bell:
                await bell.wait(-1, PATIENCE_S)
                await asyncio.sleep(0.3)  # the first notification comes when listening begins
                version = bell.version
                waiting = asyncio.create_task(bell.wait(version, PATIENCE_S))
                await asyncio.sleep(0)
                await sync_to_async(write)()
                return await waiting > version
        finally:
            await sync_to_async(connections.close_all)()

    assert asyncio.run(main())


def test_a_process_delays_its_own_notifications():
    async def main() -> list[float]:
        bell, now = channel.Signal(), asyncio.get_running_loop().time
        rung: list[float] = []
        for who in (
            [channel.PROCESS_ID],
            [channel.PROCESS_ID],
            ["another"],
            [],
            [channel.PROCESS_ID, "another"],
        ):
            before, version = now(), bell.version
            bell.on_notify(who)
            assert await bell.wait(version, PATIENCE_S) == version + 1
            rung.append(now() - before)
        bell.on_notify([channel.PROCESS_ID])
        bell.on_notify(["another"])  # this one wakes the waiters for both
        version = bell.version
        assert await bell.wait(version, 10 * channel.OWN_DELAY_S) == version
        return rung

    assert clock.run(main()) == [channel.OWN_DELAY_S, channel.OWN_DELAY_S, 0, 0, 0]


def test_a_notification_names_its_sender(database):
    async def main() -> set[str]:
        sender_ids: asyncio.Future[set[str]] = asyncio.get_running_loop().create_future()
        with unix_sockets.on_notify(database, sender_ids.set_result):
            unix_sockets.notify(database, "ana")
            unix_sockets.notify(database, "eva")
            async with asyncio.timeout(PATIENCE_S):
                return await sender_ids

    assert asyncio.run(main()) == {"ana", "eva"}
