"""A real sandbox, and a worker in this process that talks to it."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack
from copy import copy
from itertools import groupby
from typing import Any, Protocol

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import connections
from django.db.models import Model

import fal
from catalog import upstream
from catalog.models import Endpoint, Schema, SyncReport
from catalog.sync import pipeline
from core.db import clock
from core.notify import channel
from runs.models import Run, Transport
from runs.promises.lifecycle import Job
from runs.worker.circuit_breaker import BreakerRegistry
from runs.worker.limits import PATIENCE, WORKER_LIMITS, Patience, WorkerLimits
from runs.worker.main import Worker
from tests.runs.copying import artifact, helper_programs
from tests.runs.signer import deliver, signer
from tests.runs.start.started import start_run
from tests.sandbox.server import RunningSandbox, start_sandbox

__all__ = ["artifact", "deliver", "helper_programs", "signer"]

LIMIT_S = 90.0  # long enough to tell a hang from a busy machine
SETTINGS = {
    "api": "FAL_API_URL",
    "queue": "FAL_QUEUE_URL",
    "run": "FAL_RUN_URL",
    "rest": "FAL_REST_URL",
    "ws": "FAL_WS_URL",
}


@pytest.fixture(scope="session")
def sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    running = start_sandbox(
        tmp_path_factory.mktemp("sandbox"), key="test:account-never-shown", pace=0.2
    )
    yield running
    running.kill()


class Control:
    """Controls of the sandbox: counts of calls, and faults."""

    def __init__(self, sandbox: RunningSandbox) -> None:
        headers = {"Authorization": f"Key {sandbox.key}"}
        self.http = httpx.Client(base_url=f"{sandbox.base}/_sandbox", headers=headers)

    def fault(self, kind: str, name: str, **more: Any) -> None:
        """Activate a fault."""
        self.http.post("/faults", json={"kind": kind, "name": name, **more}).raise_for_status()

    def bill(self, **what: Any) -> dict[str, Any]:
        """Script the bills (`sandbox.hosts.control.bills`); return the events and the balance."""
        answer = self.http.post("/bills", json=what).raise_for_status()
        state: dict[str, Any] = answer.json()
        return state

    def calls(self) -> dict[str, int]:
        """Return the number of calls by kind since the last reset."""
        counted: dict[str, int] = self.http.get("/calls").json()["calls"]
        return counted

    def kept(self) -> dict[str, Any]:
        """Return what the sandbox still has (`sandbox.hosts.control.kept`)."""
        record: dict[str, Any] = self.http.get("/kept").json()
        return record

    def let_pass(self, seconds: float) -> None:
        """Move the sandbox's clock of expiry forward."""
        self.http.post("/clock", json={"seconds": seconds}).raise_for_status()

    def reset(self) -> None:
        """Clear faults, bills, the limit and counts; return to the real time."""
        self.http.delete("/faults")
        self.http.delete("/bills")
        self.http.delete("/concurrency")
        self.http.delete("/calls")
        self.http.delete("/clock")


@pytest.fixture
def sandbox(sandbox_process: RunningSandbox, settings: Any, tmp_path: Any) -> Iterator[Control]:
    """The sandbox as the configured upstream, without faults; media go to the test's folder."""
    for host, name in SETTINGS.items():
        setattr(settings, name, sandbox_process.addresses[host])
    settings.FAL_MEDIA_URLS = [sandbox_process.base]
    settings.FAL_KEY = sandbox_process.key
    settings.SYNC_INTERVAL_MINUTES = 0
    settings.MEDIA_ROOT = str(tmp_path / "media")
    control = Control(sandbox_process)
    control.reset()
    yield control
    control.reset()
    control.http.close()


SOON = fal.Limits(first_pause_s=0.1)  # failed calls are retried soon


class Work(Protocol):
    """`work(until)`: run a worker until the function returns true; fail after `LIMIT_S`.

    `limits` belong to its clients; `options` are further arguments of `_work`.
    """

    def __call__(
        self, until: Callable[[], Any], limits: fal.Limits = SOON, **options: Any
    ) -> None: ...


Ask = Callable[..., Run]


def have_ended(*runs: Run) -> bool:
    return not Run.objects.unfinished().filter(pk__in=[run.pk for run in runs]).exists()


@pytest.fixture
def ask(catalogue: None) -> Ask:
    """`ask("sandbox/ridgeline", prompt="…")` → a new run; `ask("…", "sync")`: not by the queue."""
    User.objects.create_user("ana")
    counter = iter(range(1000))

    def make(endpoint_id: str, transport: str = Transport.QUEUE, /, **arguments: Any) -> Run:
        run, _ = start_run(
            user=User.objects.get(username="ana"),  # with the project's present settings
            endpoint=Endpoint.objects.get(endpoint_id=endpoint_id),
            key=str(next(counter)),
            arguments=arguments,
            transport=transport,
        )
        return run

    return make


class Team(Protocol):
    """`team(["one", "two"], until)`: run several workers until the function returns true."""

    def __call__(self, names: list[str], until: Callable[[], Any]) -> None: ...


@pytest.fixture
def flux(make_endpoint: Any, documents: dict[str, Any]) -> Any:
    """A model with prompt, sizes, seed and settings: the real document of fal-ai/flux/dev."""
    return make_endpoint("fal-ai/flux/dev", documents["fal-ai/flux/dev"])


def without_pauses(until: Callable[[], Any]) -> Callable[[], Any]:
    """Return `until` with no long pauses: runs waiting to be retried become due at once."""

    def is_over() -> Any:
        waiting = Run.objects.filter(state__in=["created", "unconfirmed"])
        if waiting.filter(lease_until__gt=clock.now()).update(lease_until=None):
            channel.notify()
        return until()

    return is_over


class RunsWorker(Worker):
    """A worker that calls upstream for runs only.

    The other jobs (sync, thumbnails, the account's workflows) would call the same host and so show
    the circuit breaker that it is healthy. They would also make the sandbox render thumbnails in
    every test.
    """

    def jobs(self, signal: channel.Signal) -> list[Job]:
        """Return all jobs except those that read the catalogue and the account."""
        readers = {"sync the catalogue", "fetch thumbnails", "read the account's workflows"}
        jobs = {job.name: job for job in super().jobs(signal)}
        assert readers <= jobs.keys()
        return [job for name, job in jobs.items() if name not in readers]


@pytest.fixture
def work(sandbox: Control, transactional_db: None) -> Work:
    """`work(until)`: run a worker until the function returns true; fail after `LIMIT_S`."""

    def run(until: Callable[[], Any], limits: fal.Limits = SOON, **options: Any) -> None:
        asyncio.run(alone(_work(["tester"], until, limits, **options)))

    return run


@pytest.fixture
def team(sandbox: Control, transactional_db: None) -> Team:
    """Several workers, each with its own clients."""

    def run(names: list[str], until: Callable[[], Any]) -> None:
        asyncio.run(alone(_work(names, until)))

    return run


async def _work(
    names: list[str],
    until: Callable[[], Any],
    limits: fal.Limits = SOON,
    breakers: Callable[[], BreakerRegistry] = BreakerRegistry,
    worker_limits: WorkerLimits = WORKER_LIMITS,
    patience: Patience = PATIENCE,
    make: Callable[..., Worker] = RunsWorker,
) -> None:
    async with AsyncExitStack() as stack:
        workers = []
        for name in names:
            pace = breakers()
            opened = upstream.clients(
                on_outcome=pace.record_response, on_slow=pace.record_slow, limits=limits
            )
            clients = await stack.enter_async_context(opened)
            worker = make(
                clients, pace, has_key=True, name=name, patience=patience, limits=worker_limits
            )
            workers.append(worker)
        working = [asyncio.create_task(worker.run()) for worker in workers]
        deadline = time.monotonic() + LIMIT_S
        try:
            while not await sync_to_async(until)():
                assert not any(task.done() for task in working), "a worker ended by itself"
                assert time.monotonic() < deadline, "nothing happened in time"
                await asyncio.sleep(0.02)
        finally:
            for worker in workers:
                worker.stop()
            await asyncio.gather(*working)


@pytest.fixture(scope="session")
def synced() -> list[Model]:
    """The rows that a first sync writes for the sandbox's catalogue, made once on first use."""
    return []


def _model_of(row: Model) -> type[Model]:
    return type(row)


@pytest.fixture
def catalogue(sandbox: Control, transactional_db: None, synced: list[Model]) -> None:
    """The sandbox's complete catalogue, as a sync writes it."""

    async def bring() -> None:
        async with upstream.clients() as clients:
            await pipeline.run(clients.platform)

    if synced:
        for model, rows in groupby(synced, _model_of):
            model._base_manager.bulk_create(map(copy, rows))
        return
    asyncio.run(alone(bring()))
    for model in (Schema, Endpoint, SyncReport):
        synced += model._base_manager.all()


async def alone(work: Coroutine[Any, Any, None]) -> None:
    """Await `work`, then close the database connections that its threads have opened."""
    try:
        await work
    finally:
        await sync_to_async(connections.close_all)()
