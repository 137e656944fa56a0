"""Changes of many runs at once: few transactions, each run's own order, nobody's fault is
another's.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import sqlite3
import uuid
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import DataError, InterfaceError, OperationalError, connection, connections
from django.test.utils import CaptureQueriesContext

from core.notify import unix_sockets
from runs import group_commit, state_machine
from runs.group_commit import Write
from runs.models import Run
from runs.transitions import Observation

pytestmark = pytest.mark.django_db(transaction=True)
State = Run.State


def queued(run: Run, position: int = 1) -> Callable[[], Any]:
    """The write that puts it into line at this place."""
    seen = Observation(State.QUEUED, by="status", queue_position=position)
    return partial(state_machine.record, run.pk, seen)


def handed_in(work: Mapping[Run, Sequence[Callable[[], Any]]]) -> list[Write]:
    """As the desk takes it; nobody waits for the answers."""
    nobody: Any = None
    return [Write(run.pk, each, nobody) for run, some in work.items() for each in some]


def in_a_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Runs it in a loop whose thread leaves no connection behind."""

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
    return [make_run(state=State.SUBMITTING) for _ in range(group_commit.MAX_BATCH)]


def test_what_waits_is_read_by_one_query_and_committed_once(runs: list[Run]) -> None:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert all(group_commit.commit_batch(handed_in({run: [queued(run)] for run in runs})))
    said = [query["sql"] for query in asked]
    assert sum(sql.startswith("SELECT") for sql in said) == 1
    assert sum("COMMIT" in sql for sql in said) == 1
    assert sum("NOTIFY" in sql for sql in said) == (connection.vendor == "postgresql")
    assert {(run.state, run.version) for run in Run.objects.all()} == {(State.QUEUED, 2)}


@pytest.mark.parametrize(
    ("kept", "brings_handle", "is_hastened"),
    [(True, False, True), (True, True, True), (False, False, False), (False, True, False)],
)
def test_only_what_upstream_would_say_again_is_told_before_the_disk_has_it(
    runs: list[Run], kept: bool, brings_handle: bool, is_hastened: bool
) -> None:
    handle = {"request_id": "r"}
    Run.objects.update(handle=handle if kept else None)
    seen = Observation(State.QUEUED, by="status", handle=handle if brings_handle else None)
    lasting = Observation(State.RUNNING, by="status")
    with CaptureQueriesContext(connection) as asked:
        group_commit.commit_batch(
            handed_in({runs[0]: [partial(state_machine.record, runs[0].pk, seen)]})
        )
    with CaptureQueriesContext(connection) as mixed:
        cancel = partial(state_machine.request_cancel, runs[1].pk)
        both = {runs[0]: [partial(state_machine.record, runs[0].pk, lasting)], runs[1]: [cancel]}
        assert all(group_commit.commit_batch(handed_in(both)))
    is_there = connection.vendor == "postgresql"
    assert any("synchronous_commit" in one["sql"] for one in asked) == (is_hastened and is_there)
    assert not any("synchronous_commit" in one["sql"] for one in mixed)


def test_several_changes_of_one_run_keep_their_order(runs: list[Run]) -> None:
    run = runs[0]
    steps = [queued(run, place) for place in (3, 2, 2, 1)]
    assert group_commit.commit_batch(handed_in({run: steps})) == [True, True, False, True]
    run.refresh_from_db()
    assert [place for _, place in run.positions] == [3, 2, 1]
    assert run.version == 4


def test_nothing_new_wakes_nobody(runs: list[Run]) -> None:
    work = handed_in({run: [queued(run)] for run in runs})
    with rung() as count:
        assert all(group_commit.commit_batch(work))
        assert count() == 1
        assert not any(group_commit.commit_batch(work))
        assert count() == 1


@contextmanager
def rung() -> Iterator[Callable[[], int]]:
    """How many notifications there have been: those sent by the server, or to a socket of ours."""
    if connection.vendor == "postgresql":
        with CaptureQueriesContext(connection) as asked:
            yield lambda: sum("NOTIFY" in query["sql"] for query in asked)
        return
    sockets, heard = unix_sockets.folder(str(connection.settings_dict["NAME"])), []
    assert sockets
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ours:
        ours.bind(str(sockets / uuid.uuid4().hex))
        ours.setblocking(False)

        def count() -> int:
            with suppress(BlockingIOError):
                while True:
                    heard.append(ours.recv(unix_sockets.MAX_SENDER_BYTES))
            return len(heard)

        yield count
    unix_sockets.notify(str(connection.settings_dict["NAME"]))  # removes a socket that has ended


def test_a_run_that_is_gone_keeps_no_other_from_being_written(runs: list[Run]) -> None:
    gone, *others = runs
    work = handed_in({run: [queued(run)] for run in runs})
    Run.objects.filter(pk=gone.pk).delete()
    found = group_commit.commit_batch(work)
    assert isinstance(found[0], Run.DoesNotExist)
    assert found[1:] == [True] * len(others)


def test_one_that_the_database_refuses_keeps_no_other_from_being_written(runs: list[Run]) -> None:
    def refused() -> bool:
        raise DataError("value too long")

    first, bad, last = runs[:3]
    found = group_commit.commit_batch(
        handed_in({first: [queued(first)], bad: [refused], last: [queued(last)]})
    )
    assert (found[0], found[2]) == (True, True)
    assert isinstance(found[1], DataError)
    states = [Run.objects.get(pk=run.pk).state for run in (first, bad, last)]
    assert states == [State.QUEUED, State.SUBMITTING, State.QUEUED]


def test_a_database_that_is_away_is_asked_once_for_all_of_them(runs: list[Run]) -> None:
    asked: list[uuid.UUID] = []

    def away(pk: uuid.UUID) -> bool:
        asked.append(pk)
        raise OperationalError("server closed the connection")

    found = group_commit.commit_batch(handed_in({run: [partial(away, run.pk)] for run in runs}))
    assert all(isinstance(came, OperationalError) for came in found)
    assert asked == [runs[0].pk]


@in_a_loop
async def test_thousands_of_tasks_get_their_own_answers(runs: list[Run]) -> None:
    def one(pk: uuid.UUID, number: int) -> tuple[uuid.UUID, int]:
        return pk, number

    asking = [
        group_commit.retry_until_committed(one, run.pk, number)
        for number in range(40)
        for run in runs
    ]
    wanted = [(run.pk, number) for number in range(40) for run in runs]
    assert await asyncio.gather(*asking) == wanted


@in_a_loop
async def test_what_is_seen_while_the_database_is_locked_is_written_afterwards(
    runs: list[Run],
) -> None:
    locked = OperationalError("database is locked")
    locked.__cause__ = sqlite3.OperationalError()
    failures = iter([locked, locked, InterfaceError("the connection is lost")])

    def at_last(pk: uuid.UUID, seen: Observation) -> bool:
        for failure in failures:
            raise failure
        return state_machine.record(pk, seen)

    assert await group_commit.retry_until_committed(
        at_last, runs[0].pk, Observation(State.QUEUED, by="status")
    )
    assert (await Run.objects.aget(pk=runs[0].pk)).state == State.QUEUED


@in_a_loop
async def test_what_the_database_will_never_take_is_told_once_and_not_tried_again(
    runs: list[Run],
) -> None:
    asked: list[uuid.UUID] = []

    def never(pk: uuid.UUID) -> None:
        asked.append(pk)
        raise DataError("value too long")

    told: list[logging.LogRecord] = []
    listener = logging.Handler()
    listener.emit = told.append  # type: ignore[method-assign, assignment]
    group_commit.log.addHandler(listener)
    try:
        first = group_commit.retry_until_committed(
            state_machine.record, runs[1].pk, Observation(State.QUEUED)
        )
        both = await asyncio.gather(
            first, group_commit.retry_until_committed(never, runs[0].pk), return_exceptions=True
        )
    finally:
        group_commit.log.removeHandler(listener)
    assert both[0] is True
    assert isinstance(both[1], DataError)
    assert 1 <= len(asked) <= 2  # with others, then alone
    assert len(told) == 1


@in_a_loop
async def test_who_left_before_it_was_written_is_not_written(runs: list[Run]) -> None:
    """A submit that was cancelled before it was noted must not be noted: it never leaves."""
    first = asyncio.create_task(
        group_commit.retry_until_committed(state_machine.record, runs[0].pk, Observation("queued"))
    )
    await asyncio.sleep(0)  # the desk is at work on the first
    await asyncio.sleep(0)
    left = asyncio.create_task(
        group_commit.retry_until_committed(state_machine.mark_submitted, runs[1].pk, set())
    )
    await asyncio.sleep(0)
    left.cancel()
    assert await first
    await asyncio.sleep(0.1)
    assert (await Run.objects.aget(pk=runs[1].pk)).sent_at is None
