"""The worker against the real sandbox, over sockets: it sends runs once and follows them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import DataError, OperationalError
from django.utils import timezone

from core.notify import channel
from runs.models import Run, Worker
from runs.progress import worker_status
from runs.promises.lifecycle import Job
from runs.results import wait_reasons
from runs.worker.circuit_breaker import BreakerRegistry
from runs.worker.limits import WorkerLimits
from runs.worker.main import run_forever
from runs.worker.scheduling import lease_queries
from tests.runs.conftest import SETTINGS, Ask, Control, Work, have_ended
from tests.sampling import sample
from tests.sandbox.server import RunningSandbox, start_sandbox
from tests.statements import before

pytestmark = pytest.mark.system  # these tests take long


def has_ended_with_files(run: Run) -> bool:
    return have_ended(run) and not run.artifacts.filter(state="remote").exists()


def test_a_run_takes_two_calls_after_its_submit(ask: Ask, work: Work, sandbox: Control) -> None:
    run = ask("sandbox/ridgeline", prompt="a lighthouse", seed=7)
    sandbox.reset()
    work(lambda: has_ended_with_files(run))
    run.refresh_from_db()
    artifact = run.artifacts.get()
    assert run.state == "succeeded"
    assert run.output["seed"] == 7
    assert run.logs
    assert run.started_at
    assert run.request_id
    assert (artifact.state, artifact.kind) == ("stored", "image")
    assert artifact.width
    assert default_storage.size(artifact.file) == artifact.size_bytes
    calls = sandbox.calls()
    assert calls["submit"] == 1
    followed = {
        kind: n
        for kind, n in calls.items()
        if kind in {"status", "stream", "status_stream", "result"}
    }
    assert sum(followed.values()) == 2, calls


def one_by_one(work: Work, asking: list[Callable[[], Run]]) -> list[str]:
    """Return the ends of runs by one worker, each started after the one before had ended."""
    runs: list[Run] = []

    def is_over() -> bool:
        if runs and not have_ended(runs[-1]):
            return False
        if len(runs) < len(asking):
            runs.append(asking[len(runs)]())
            return False
        return True

    work(is_over)
    return [Run.objects.get(pk=run.pk).state for run in runs]


@pytest.mark.any_database
def test_a_model_without_a_status_stream_is_remembered(
    ask: Ask, work: Work, sandbox: Control
) -> None:
    """G2: no other model loses its stream because of it."""
    sandbox.fault("status_stream", "404")
    slow = partial(ask, "mischief/slow", prompt="x", duration=0.2)
    other = partial(ask, "sandbox/ridgeline", prompt="x")
    assert one_by_one(work, [slow, slow, slow, other]) == ["succeeded"] * 4
    assert sandbox.calls()["status_stream"] == 2


# The worker during trouble of upstream, the database or its own jobs: runs wait, and none is sent
# twice.


@pytest.fixture
def own_sandbox(tmp_path: Any) -> Iterator[RunningSandbox]:
    """A sandbox that a test may kill."""
    running = start_sandbox(tmp_path / "own", key="test:account-never-shown", pace=0.2)
    yield running
    running.kill()


@pytest.mark.any_database
@pytest.mark.parametrize("fault", sample(["garbage", "500"], 0, by_seed=1))
def test_a_misbehaving_model_does_not_block_other_models(
    ask: Ask, work: Work, sandbox: Control, fault: str
) -> None:
    for kind in ("status", "status_stream"):
        sandbox.fault(kind, fault, times=10_000, about="mischief/fail")
    early = ask("mischief/slow", prompt="x", duration=2)
    odd = [ask("mischief/fail", error_type="none") for _ in range(4)]
    later: list[Run] = []

    def is_over() -> bool:
        if not later and sandbox.calls().get("status", 0) > 8:
            later.append(ask("sandbox/scribe", prompt="x", max_tokens=20))
        are_told = not Run.objects.filter(pk__in=[run.pk for run in odd], note="").exists()
        return bool(later) and have_ended(early) and have_ended(later[0]) and are_told

    # With a clock that stands still, a host that is left alone once stays alone.
    work(is_over, breakers=lambda: BreakerRegistry(now=lambda: 1000.0))
    assert set(Run.objects.exclude(pk__in=[run.pk for run in odd]).values_list("note")) == {("",)}


def test_during_an_upstream_outage_runs_wait_and_say_so(
    ask: Ask, work: Work, sandbox: Control, settings: Any, own_sandbox: RunningSandbox
) -> None:
    for host, name in SETTINGS.items():
        setattr(settings, name, own_sandbox.addresses[host])
    settings.FAL_MEDIA_URLS = [own_sandbox.base]
    # Longer than any machine needs to notice it: if it ended before, no look would see it running.
    first = ask("mischief/slow", prompt="first", duration=600, picture=False)
    sentences: list[str] = []

    def until() -> bool:
        process = own_sandbox.process
        if not sentences and Run.objects.filter(pk=first.pk, state="running").exists():
            process.kill()
            process.wait()
            sentences.append("killed")
        if len(sentences) == 1 and (trouble := Worker.objects.get().trouble):
            sentences.extend([trouble, worker_status.readiness()])
        if len(sentences) == 3:
            ask("mischief/slow", prompt="asked for meanwhile", duration=1, picture=False)
            sentences.append("asked")
        notes = Run.objects.values_list("note", flat=True)
        return len(sentences) == 4 and set(notes) == {sentences[1] + wait_reasons.GOES_ON}

    work(until)
    assert sentences[1].endswith("does not answer.")
    assert sentences[2] == f"{sentences[1]} Runs that need it wait and continue by themselves."


@pytest.mark.parametrize(
    ("error", "start", "has_traceback"),
    [
        (KeyError("nobody thought of this"), "a job of the worker did not do its part", True),
        (DataError("too long"), "the database did not do its part", True),
        (
            OperationalError("terminating connection\nserver closed it"),
            "the database did not do its part; again in a moment: terminating connection",
            False,
        ),
    ],
)
def test_a_failed_job_restarts_and_a_lost_connection_is_one_log_line(
    db: None,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    start: str,
    has_traceback: bool,
) -> None:
    done: list[str] = []

    async def twice() -> None:
        again = asyncio.Event()

        async def job() -> float:
            done.append("again")
            if len(done) == 1:
                raise error
            again.set()
            return 60.0

        task = asyncio.create_task(run_forever(Job("test", job), channel.Signal(), 0.0))
        await again.wait()
        task.cancel()

    asyncio.run(asyncio.wait_for(twice(), 60))
    (record,) = caplog.records
    assert record.getMessage().startswith(start)
    assert bool(record.exc_info) is has_traceback
    assert "\n" not in record.getMessage()


def test_a_worker_back_from_a_database_outage_gives_others_time_to_renew(
    work: Work, make_run: Any
) -> None:
    """The other workers had no database either, and renew their leases as soon as they can."""
    long_ago = timezone.now() - timedelta(minutes=1)
    lapsed = make_run(
        state="running", transport="sync", sent_at=long_ago, worker="other", lease_until=long_ago
    )
    claims: list[float] = []

    def first_lost(sql: str, _: Any) -> None:
        if f"LIMIT {lease_queries.FEW_FREE}" not in sql:  # only a claim reads this many rows
            return
        claims.append(time.monotonic())
        if len(claims) == 1:
            raise OperationalError("the connection is closed")

    with before(first_lost):
        work(
            lambda: Run.objects.get(pk=lapsed.pk).state != "running",
            worker_limits=WorkerLimits(stall_grace_s=3.0),
        )
    waited_s = [at - claims[0] for at in claims[1:]]
    assert waited_s[0] < 3.0 < waited_s[-1]
