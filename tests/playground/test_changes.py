"""Waking each other: at once by the doorbell or NOTIFY, a moment later where nobody rang."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from playground import changes, doorbells
from playground.models import Worker
from tests import clock

PATIENCE_S = 60.0


@pytest.fixture
def database() -> str:
    """The name of a database that nobody else rings for, longer than a socket's path may be."""
    return f"/{uuid.uuid4()}/{'long' * 100}.sqlite3"


def listen(database: str, ring: Callable[[], object]) -> int:
    """How often two listeners were woken by what `ring` does."""

    async def main() -> int:
        woken: list[int] = []
        is_heard = asyncio.Event()

        def hear(number: int) -> None:
            woken.append(number)
            if set(woken) == {1, 2}:
                is_heard.set()

        with (
            doorbells.heard(database, lambda who: hear(1)),
            doorbells.heard(database, lambda who: hear(2)),
        ):
            await asyncio.to_thread(ring)
            async with asyncio.timeout(PATIENCE_S):
                await is_heard.wait()
        return len(woken)

    return asyncio.run(main())


def test_a_ring_wakes_everybody_and_many_at_once_are_one(database: str) -> None:
    assert listen(database, lambda: doorbells.ring(database)) == 2
    assert listen(database, lambda: [doorbells.ring(database) for _ in range(500)]) >= 2


def test_another_database_is_not_rung_for(database: str) -> None:
    def ring() -> None:
        doorbells.ring(f"{database}-other")
        doorbells.ring(database)

    assert listen(database, ring) == 2


def test_who_was_killed_leaves_nothing_behind(database: str) -> None:
    place = doorbells.folder(database)
    assert place
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as dead:
        dead.bind(str(place / "dead"))
    doorbells.ring(database)
    assert not list(place.iterdir())


def test_a_folder_that_others_may_write_to_is_not_used(database: str) -> None:
    place = doorbells.folder(database)
    assert place
    assert place.stat().st_uid == os.getuid()
    place.chmod(0o777)
    assert doorbells.folder(database) is None
    doorbells.ring(database)
    assert list(place.iterdir()) == []
    place.chmod(0o700)


def test_without_a_place_for_sockets_nobody_is_disturbed(
    database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(doorbells.tempfile, "gettempdir", lambda: str(tmp_path / "file"))
    doorbells.ring(database)

    async def main() -> None:
        with doorbells.heard(database, lambda who: None):
            await asyncio.sleep(0)

    asyncio.run(main())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("has_rung", [True, False])
def test_a_committed_change_wakes_who_waits(
    has_rung: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if has_rung:
        monkeypatch.setattr(changes, "CHECK_S", 2 * PATIENCE_S)
    elif connection.vendor == "sqlite":  # as if written by somebody who does not ring
        monkeypatch.setattr(doorbells, "ring", lambda database, who: None)

    def write() -> None:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("UPDATE playground_worker SET trouble = 'none'")
                cursor.execute("CREATE TABLE written (x integer)")
            changes.announce()
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE written")

    async def main() -> bool:
        try:
            async with changes.listening() as bell:
                await bell.wait(-1, PATIENCE_S)
                await asyncio.sleep(0.3)  # it rings as it begins
                version = bell.version
                waiting = asyncio.create_task(bell.wait(version, PATIENCE_S))
                await asyncio.sleep(0)
                await sync_to_async(write)()
                return await waiting > version
        finally:
            await sync_to_async(connections.close_all)()

    assert asyncio.run(main())


def test_what_a_process_announced_itself_it_looks_at_a_moment_later() -> None:
    async def main() -> list[float]:
        bell, now = changes.Bell(), asyncio.get_running_loop().time
        rung: list[float] = []
        for who in ([changes.US], [changes.US], ["another"], [], [changes.US, "another"]):
            before, version = now(), bell.version
            bell.hear(who)
            assert await bell.wait(version, PATIENCE_S) == version + 1
            rung.append(now() - before)
        bell.hear([changes.US])
        bell.hear(["another"])  # looks at both
        version = bell.version
        assert await bell.wait(version, 10 * changes.OWN_S) == version
        return rung

    assert clock.run(main()) == [changes.OWN_S, changes.OWN_S, 0, 0, 0]


def test_a_ring_says_who_rang(database: str) -> None:
    async def main() -> set[str]:
        heard: asyncio.Future[set[str]] = asyncio.get_running_loop().create_future()
        with doorbells.heard(database, heard.set_result):
            doorbells.ring(database, "ana")
            doorbells.ring(database, "eva")
            async with asyncio.timeout(PATIENCE_S):
                return await heard

    assert asyncio.run(main()) == {"ana", "eva"}


@pytest.mark.django_db(transaction=True)
def test_what_is_taken_back_is_told_by_no_later_commit() -> None:
    class Taken(Exception):
        pass

    with CaptureQueriesContext(connection) as said:
        with contextlib.suppress(Taken), transaction.atomic():
            changes.announce()
            raise Taken
        with transaction.atomic():
            assert not Worker.objects.filter(trouble="none").exists()
        told = [query["sql"] for query in said if "NOTIFY" in query["sql"]]
        assert told == []
        with transaction.atomic():
            changes.announce()
            changes.announce()
        changes.announce()  # where there is no commit to come
    told = [query["sql"] for query in said if "NOTIFY" in query["sql"]]
    assert len(told) == 2 * (connection.vendor == "postgresql")
