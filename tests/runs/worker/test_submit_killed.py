"""A worker that ends at any moment of a submit.

Upstream accepts the run at most once, and no run is stuck.
"""

import asyncio
import os
import time
import uuid
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import httpx
import pytest
from asgiref.sync import SyncToAsync, async_to_sync, sync_to_async
from django.contrib.auth.models import User
from django.db import OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from catalog import upstream
from catalog.models import Endpoint
from core.db import clock
from runs.models import Run
from runs.worker import submit
from runs.worker.circuit_breaker import BreakerRegistry
from runs.worker.limits import WorkerLimits
from runs.worker.main import Worker
from runs.worker.scheduling import leases
from tests.runs.conftest import Control, RunsWorker
from tests.runs.start.started import start_run
from tests.sampling import sample

pytestmark = [pytest.mark.both_databases, pytest.mark.system]

State = Run.State
Step = Callable[[], Any]
CUT = 9
MODEL = "sandbox/scribe"


class Cut:
    """An awaitable that runs a coroutine up to its wait number `at`, and stops it there.

    It cancels the coroutine, as SIGTERM does, or ends its process, as `kill -9` does.
    """

    def __init__(self, work: Coroutine[Any, Any, Any], at: int, is_killed: bool) -> None:
        self.work, self.at, self.is_killed = work, at, is_killed
        self.is_whole = False

    def __await__(self) -> Generator[Any]:
        step = yield from self._carried(partial(self.work.send, None), self.at)
        self.is_whole = step is None
        if step and self.is_killed:
            os._exit(CUT)
        if step:
            yield from self._carried(partial(self.work.throw, asyncio.CancelledError()), 999)

    def _carried(self, step: Step, waits: int) -> Generator[Any, Any, Step | None]:
        """Run `step` for this many waits; return the next step, or None at the end."""
        try:
            for _ in range(waits):
                waits_for = step()
                try:
                    yield waits_for
                except BaseException as error:
                    step = partial(self.work.throw, error)
                else:
                    step = partial(self.work.send, None)
        except (StopIteration, asyncio.CancelledError):
            return None
        return step


async def _carry(run: Run, at: int, is_killed: bool, **wire: Any) -> bool:
    async with upstream.clients(**wire) as clients:
        cut = Cut(submit.submit_run(run, clients, BreakerRegistry().account), at, is_killed)

        async def carry() -> None:
            await cut

        await asyncio.create_task(carry())
    await sync_to_async(connections.close_all)()
    return cut.is_whole


def send(run: Run, at: int = 999, is_killed: bool = False, **wire: Any) -> bool:
    """Send a run up to its wait number `at`; return whether that was the whole submit."""
    if not is_killed:
        return asyncio.run(_carry(run, at, is_killed, **wire))
    connections.close_all()
    if child := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    is_whole = False
    try:
        SyncToAsync.single_thread_executor = ThreadPoolExecutor(
            1
        )  # the parent's thread does not exist in this process
        is_whole = asyncio.run(_carry(run, at, is_killed))
    finally:
        os._exit(0 if is_whole else 1)


@pytest.fixture
def ask(catalogue: None, sandbox: Control) -> Callable[[str], Run]:
    """A new run; calls are counted from here."""
    user = User.objects.create_user("ana")
    endpoint = Endpoint.objects.get(endpoint_id=MODEL)

    def make(transport: str) -> Run:
        sandbox.reset()
        count = Run.objects.count()
        run, _ = start_run(
            user=user,
            endpoint=endpoint,
            key=str(count),
            arguments={"prompt": f"paper {count}", "max_tokens": 60},
            transport=transport,
        )
        return run

    return make


# Whether the worker is killed or cancelled, whether its claim marks the run as sent, and the
# transport.
KILLS = [
    (True, True, "queue"),
    (False, False, "stream"),
    (True, False, "queue"),
    (False, True, "queue"),
    (True, False, "sync"),
    (False, False, "queue"),
    (False, True, "stream"),
    (True, True, "stream"),
    (False, False, "sync"),
    (True, False, "stream"),
]


@pytest.mark.parametrize(("is_killed", "leaves", "transport"), sample(KILLS, 2, by_seed=1))
def test_a_submit_killed_at_any_await_is_accepted_at_most_once(
    ask, sandbox, transport, leaves, is_killed
):
    kind = {"queue": "submit", "sync": "run", "stream": "stream"}[transport]
    ended = "queued" if transport == "queue" else "succeeded"
    outcomes: list[tuple[int, str]] = []
    is_whole = False
    while not is_whole and len(outcomes) < 60:
        run = ask(transport)
        (claimed,) = leases.claim("first", 10, submits_at_once=lambda run: leaves).to_send
        is_whole = send(claimed, len(outcomes), is_killed)
        leases.release("first")
        for taken_over in leases.claim("second", 10).to_send:
            assert send(taken_over)
        times_taken = sandbox.calls().get(kind, 0)
        run.refresh_from_db()
        assert times_taken <= 1, f"taken {times_taken} times, cut at {len(outcomes)}"
        assert run.state in {ended, "unconfirmed"}, f"{run.state}, cut at {len(outcomes)}"
        assert times_taken or run.state == "unconfirmed"
        outcomes.append((times_taken, run.state))
        Run.objects.filter(pk=run.pk).update(state=State.CANCELLED)
    assert is_whole
    assert outcomes[0] == ((0, "unconfirmed") if leaves else (1, ended))  # nothing was sent
    assert outcomes[-1] == (1, ended)  # the submit was complete
    assert len(outcomes) > 4


@pytest.mark.parametrize("is_stopped", [False, True])
def test_a_claim_whose_commit_was_not_confirmed_is_sent(
    ask, work, sandbox, monkeypatch, is_stopped
):
    """The worker does not hear of the commit: its connection ends, or it has to stop."""
    run, commit = ask("queue"), BaseDatabaseWrapper.commit
    workers: list[Worker] = []
    cut: list[uuid.UUID] = []

    def make(*arguments: Any, **more: Any) -> Worker:
        workers.append(RunsWorker(*arguments, **more))
        return workers[-1]

    def commit_unheard(self: BaseDatabaseWrapper) -> None:
        # Read this before the commit, after which PostgreSQL would begin a transaction for the
        # query.
        is_claim = not cut and Run.objects.filter(pk=run.pk, sent_at__isnull=False).exists()
        commit(self)
        if not is_claim:
            return
        cut.append(run.pk)
        if not is_stopped:
            raise OperationalError("server closed the connection unexpectedly")
        async_to_sync(stop)()
        time.sleep(0.1)  # meanwhile, the loop cancels the task that waits for this commit

    async def stop() -> None:
        workers[-1].stop()

    monkeypatch.setattr(BaseDatabaseWrapper, "commit", commit_unheard)
    limits = WorkerLimits(retry_database_s=0.0)
    if is_stopped:
        work(lambda: cut, worker_limits=limits, make=make)
        freed = Run.objects.get(pk=run.pk)
        assert (freed.sent_at, freed.worker, freed.lease_until) == (None, "", None)
    work(
        lambda: Run.objects.filter(pk=run.pk, state="succeeded").exists(),
        worker_limits=limits,
        make=make,
    )
    run.refresh_from_db()
    assert (cut, run.attempts) == ([run.pk], 2)
    assert sandbox.calls()["submit"] == 1


def test_a_stopping_worker_releases_its_leases_at_once(make_run):
    queued = make_run(state="queued", handle={"request_id": "r"}, worker="w")
    sending = make_run(state="submitting", worker="w")
    leases.release("w", keep=[sending.pk])
    assert set(Run.objects.values_list("pk", "worker")) == {(queued.pk, ""), (sending.pk, "w")}
    leases.release("w")
    assert not Run.objects.filter(worker="w").exists()


@pytest.mark.any_database
def test_an_unparsable_submit_answer_does_not_mean_unsent(ask, work, sandbox):
    class Stumbling(httpx.AsyncHTTPTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            await super().handle_async_request(request)
            raise ZeroDivisionError("who would have thought")

    ask("sync")
    (run,) = leases.claim("gone", 9).to_send
    with pytest.raises(ZeroDivisionError, match="who would"):
        send(run, transport=Stumbling())
    assert sandbox.calls()["run"] == 1
    Run.objects.update(lease_until=clock.now())
    leases.claim("next", 9)
    run.refresh_from_db()
    assert (run.state, sandbox.calls()["run"]) == (State.UNCONFIRMED, 1)


def test_a_stopping_worker_awaits_the_answer_to_its_submit(ask, work, sandbox):
    run = ask("queue")
    sandbox.fault("submit", "late", value=0.5)
    work(lambda: Run.objects.filter(pk=run.pk, sent_at__isnull=False).exists())
    run.refresh_from_db()
    assert (run.state, run.worker, bool(run.request_id)) == (State.QUEUED, "", True)
    work(lambda: Run.objects.filter(pk=run.pk, state="succeeded").exists())
    assert sandbox.calls()["submit"] == 1
