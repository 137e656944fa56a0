"""Changes of runs happen once each, in a run's own order, and are retried after an outage."""

import asyncio
import socket
import sqlite3
import uuid
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import DataError, InterfaceError, OperationalError, connection, connections
from django.test.utils import CaptureQueriesContext

from core.notify import unix_sockets
from runs.models import Run
from runs.state import locked_update, state_machine
from runs.state.transitions import Observation

pytestmark = pytest.mark.django_db(transaction=True)
State = Run.State


def in_a_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run the test in an event loop, and close the connection of the loop's thread."""

    async def alone(runs: list[Run]) -> None:
        try:
            await test(runs)
        finally:
            await sync_to_async(connections.close_all)()

    def run(runs: list[Run]) -> None:
        asyncio.run(alone(runs))

    run.__doc__ = test.__doc__
    return run


@pytest.fixture
def runs(make_run: Callable[..., Run]) -> list[Run]:
    return [make_run(state=State.SUBMITTING) for _ in range(5)]


@contextmanager
def rung() -> Iterator[Callable[[], int]]:
    """Yield a function that counts notifications: sent by the server, or to a socket of ours."""
    if connection.vendor == "postgresql":
        with CaptureQueriesContext(connection) as queries:
            yield lambda: sum("pg_notify" in query["sql"] for query in queries)
        return
    sockets, datagrams = unix_sockets.folder(str(connection.settings_dict["NAME"])), []
    assert sockets
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ours:
        ours.bind(str(sockets / uuid.uuid4().hex))
        ours.setblocking(False)

        def count() -> int:
            with suppress(BlockingIOError):
                while True:
                    datagrams.append(ours.recv(unix_sockets.MAX_SENDER_BYTES))
            return len(datagrams)

        yield count
    # this removes the socket that has ended
    unix_sockets.notify(str(connection.settings_dict["NAME"]))


def queued_at(position: int) -> Observation:
    return Observation(State.QUEUED, by="status", queue_position=position)


def test_a_change_locks_its_row_writes_it_and_notifies_once(runs):
    with rung() as count, CaptureQueriesContext(connection) as queries:
        assert state_machine.record(runs[0].pk, queued_at(1))
        assert count() == 1
    statements = [query["sql"] for query in queries]
    assert sum(sql.startswith("SELECT") and "pg_notify" not in sql for sql in statements) == 1
    assert sum(sql.startswith("UPDATE") for sql in statements) == 1
    versions = dict(Run.objects.values_list("pk", "version"))
    assert versions == {run.pk: 2 if run == runs[0] else 1 for run in runs}


def test_a_write_without_a_change_notifies_nobody(runs):
    assert state_machine.record(runs[0].pk, queued_at(1))
    with rung() as count:
        assert not state_machine.record(runs[0].pk, queued_at(1))
        assert count() == 0


@in_a_loop
async def test_several_changes_of_one_run_keep_their_order(runs):
    pk = runs[0].pk
    asking = [
        locked_update.retry_until_committed(state_machine.record, pk, queued_at(place))
        for place in (3, 2, 2, 1)
    ]
    assert await asyncio.gather(*asking) == [True, True, False, True]
    run = await Run.objects.aget(pk=pk)
    assert [place for _, place in run.positions] == [3, 2, 1]
    assert run.version == 4


@in_a_loop
async def test_a_change_that_cannot_be_written_does_not_block_others(runs):
    def refused(pk: uuid.UUID) -> bool:
        Run.objects.filter(pk=pk).update(title="taken back")
        raise DataError("value too long")

    gone, bad, *others = (run.pk for run in runs)
    await Run.objects.filter(pk=gone).adelete()
    record, seen = state_machine.record, queued_at(1)
    asking = [locked_update.retry_until_committed(record, pk, seen) for pk in (gone, *others)]
    failing = locked_update.retry_until_committed(refused, bad)
    outcomes = await asyncio.gather(failing, *asking, return_exceptions=True)
    assert isinstance(outcomes[0], DataError)
    assert isinstance(outcomes[1], Run.DoesNotExist)
    assert outcomes[2:] == [True] * len(others)
    assert (await Run.objects.aget(pk=bad)).title != "taken back"


@in_a_loop
async def test_concurrent_tasks_get_their_own_answers(runs):
    def change_one(pk: uuid.UUID, number: int) -> tuple[uuid.UUID, int]:
        return pk, number

    asking = [
        locked_update.retry_until_committed(change_one, run.pk, number)
        for number in range(40)
        for run in runs
    ]
    wanted = [(run.pk, number) for number in range(40) for run in runs]
    assert await asyncio.gather(*asking) == wanted


@in_a_loop
async def test_observations_during_a_database_lock_are_written_afterwards(runs):
    locked = OperationalError("database is locked")
    locked.__cause__ = sqlite3.OperationalError()
    failures = iter([locked, locked, InterfaceError("the connection is lost")])

    def at_last(pk: uuid.UUID, seen: Observation) -> bool:
        for failure in failures:
            raise failure
        return state_machine.record(pk, seen)

    assert await locked_update.retry_until_committed(
        at_last, runs[0].pk, Observation(State.QUEUED, by="status")
    )
    assert (await Run.objects.aget(pk=runs[0].pk)).state == State.QUEUED


@in_a_loop
async def test_a_submit_cancelled_before_it_was_recorded_is_not_recorded(runs):
    """It never leaves, so the run must not be noted as sent."""
    first = asyncio.create_task(
        locked_update.retry_until_committed(state_machine.record, runs[0].pk, Observation("queued"))
    )
    await asyncio.sleep(0)  # the first change is being written
    left = asyncio.create_task(
        locked_update.retry_until_committed(state_machine.mark_submitted, runs[1].pk, set())
    )
    await asyncio.sleep(0)
    left.cancel()
    assert await first
    await asyncio.sleep(0.1)
    assert (await Run.objects.aget(pk=runs[1].pk)).sent_at is None
