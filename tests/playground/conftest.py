"""A sandbox to talk to, and a worker in this process to do it."""

from __future__ import annotations

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
from playground.models import Run
from playground.runs import state_machine
from playground.worker.circuit_breaker import BreakerRegistry
from playground.worker.following.patience import PATIENCE, Patience
from playground.worker.jobs import Job
from playground.worker.limits import WORKER_LIMITS, WorkerLimits
from playground.worker.main import Worker
from tests.playground.copying import artifact, helper_programs
from tests.playground.signer import deliver, signer
from tests.sandbox.server import RunningSandbox, start_sandbox

__all__ = ["artifact", "deliver", "helper_programs", "signer"]

LIMIT_S = 90.0  # only to tell a hang from a busy machine
SETTINGS = {
    "api": "FAL_API_URL",
    "queue": "FAL_QUEUE_URL",
    "run": "FAL_RUN_URL",
    "rest": "FAL_REST_URL",
    "ws": "FAL_WS_URL",
}


@pytest.fixture(scope="session")
def sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    running = start_sandbox(tmp_path_factory.mktemp("sandbox"), key="test:key", pace=0.2)
    yield running
    running.kill()


class Control:
    """The sandbox's switches: counted calls and faults."""

    def __init__(self, sandbox: RunningSandbox) -> None:
        headers = {"Authorization": f"Key {sandbox.key}"}
        self.http = httpx.Client(base_url=f"{sandbox.base}/_sandbox", headers=headers)

    def fault(self, kind: str, name: str, **more: Any) -> None:
        """Switch a fault on."""
        self.http.post("/faults", json={"kind": kind, "name": name, **more}).raise_for_status()

    def calls(self) -> dict[str, int]:
        """Calls by kind since the last reset."""
        counted: dict[str, int] = self.http.get("/calls").json()["calls"]
        return counted

    def reset(self) -> None:
        """Faults off, counts at zero."""
        self.http.delete("/faults")
        self.http.delete("/calls")


@pytest.fixture
def sandbox(sandbox_process: RunningSandbox, settings: Any, tmp_path: Any) -> Iterator[Control]:
    """The sandbox as the upstream of the settings, without faults.

    Media go to a folder of the test's.
    """
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


SOON = fal.Limits(first_pause_s=0.1)  # calls that fail are repeated soon


class Work(Protocol):
    """`work(until)`: a worker works until the function says so, or fails after some seconds.

    `limits` are its clients', `options` what else `_work` takes.
    """

    def __call__(
        self, until: Callable[[], Any], limits: fal.Limits = SOON, **options: Any
    ) -> None: ...


Ask = Callable[..., Run]


def ended(*runs: Run) -> bool:
    return not Run.objects.unfinished().filter(pk__in=[run.pk for run in runs]).exists()


@pytest.fixture
def ask(catalogue: None) -> Ask:
    """`ask("sandbox/ridgeline", prompt="…")` → a run just created."""
    user = User.objects.create_user("ana")
    counter = iter(range(1000))

    def make(endpoint_id: str, **arguments: Any) -> Run:
        endpoint = Endpoint.objects.get(endpoint_id=endpoint_id)
        run, _ = state_machine.create(
            user=user, endpoint=endpoint, form_token=str(next(counter)), arguments=arguments
        )
        return run

    return make


class Team(Protocol):
    """`team(["one", "two"], until)`: several workers share the work until the function says so."""

    def __call__(self, names: list[str], until: Callable[[], Any]) -> None: ...


@pytest.fixture
def flux(make_endpoint: Any, documents: dict[str, Any]) -> Any:
    """A model with prompt, sizes, seed and settings: the real document of fal-ai/flux/dev."""
    return make_endpoint("fal-ai/flux/dev", documents["fal-ai/flux/dev"])


def without_pauses(until: Callable[[], Any]) -> Callable[[], Any]:
    """`until`, while no run waits for its next try longer than it takes to ask."""

    def is_over() -> Any:
        waiting = Run.objects.filter(state__in=["created", "unconfirmed"])
        if waiting.filter(lease_until__gt=clock.now()).update(lease_until=None):
            channel.notify()
        return until()

    return is_over


class RunsWorker(Worker):
    """A worker by whom nobody but runs asks upstream, which is one host here.

    The sync, the thumbnails and the account's workflows would show the circuit breaker a healthy
    host. Every worker starts with them, so each test would also have the sandbox paint pictures
    and serve definitions that it never looks at.
    """

    def jobs(self, signal: channel.Signal) -> list[Job]:
        """All but those that read the catalogue and the account."""
        readers = {"sync the catalogue", "fetch thumbnails", "read the account's workflows"}
        jobs = {job.name: job for job in super().jobs(signal)}
        assert readers <= jobs.keys()
        return [job for name, job in jobs.items() if name not in readers]


@pytest.fixture
def work(sandbox: Control, transactional_db: None) -> Work:
    """`work(until)`: a worker works until the function says so, or fails after some seconds."""

    def run(until: Callable[[], Any], limits: fal.Limits = SOON, **options: Any) -> None:
        asyncio.run(alone(_work(["tester"], until, limits, **options)))

    return run


@pytest.fixture
def team(sandbox: Control, transactional_db: None) -> Team:
    """Several workers, each with clients of its own."""

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
                assert not any(one.done() for one in working), "a worker ended by itself"
                assert time.monotonic() < deadline, "nothing happened in time"
                await asyncio.sleep(0.02)
        finally:
            for worker in workers:
                worker.stop()
            await asyncio.gather(*working)


@pytest.fixture(scope="session")
def synced() -> list[Model]:
    """What the first sync of a sandbox's catalogue has written, once a test has wanted it."""
    return []


def _model_of(row: Model) -> type[Model]:
    return type(row)


@pytest.fixture
def catalogue(sandbox: Control, transactional_db: None, synced: list[Model]) -> None:
    """The sandbox's whole catalogue, as a sync found it."""

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
    """Do it, and leave no connection in the thread in which it met the database."""
    try:
        await work
    finally:
        await sync_to_async(connections.close_all)()
