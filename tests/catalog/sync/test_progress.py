"""A sync whose process ended is taken over within seconds; pages show its state meanwhile."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.utils import timezone

import fal
from catalog.models import SyncReport
from catalog.sync import pipeline, progress
from core.notify import channel
from core.process import identity
from runs.promises.lifecycle import Job
from runs.worker import main as workers
from runs.worker.main import run_forever
from tests.catalog.upstream import ids
from tests.processes import ROOT

RunSync = Callable[..., SyncReport]


@pytest.fixture
def other_process() -> Any:
    """Another process of this machine, with its identity."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.catalog.sync.identity_script"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin
    assert process.stdout
    process.identity = process.stdout.readline().strip()  # type: ignore[attr-defined]
    yield process
    process.kill()
    process.wait()
    process.stdin.close()
    process.stdout.close()


def test_a_running_process_is_distinguished_from_an_ended_one(other_process):
    other = other_process.identity
    assert identity.is_local(other)
    assert not identity.is_gone(other)
    other_process.kill()
    until = time.monotonic() + 5
    while not identity.is_gone(other):  # also before anybody has waited for it
        assert time.monotonic() < until
    other_process.wait()
    assert identity.is_gone(other)


def test_a_process_with_a_reused_pid_is_another_process():
    machine = identity.current().rsplit(":", 2)[0]
    assert identity.is_gone(f"{machine}:{os.getpid()}:1")
    assert not identity.is_gone(identity.current())
    assert not identity.is_gone(f"elsewhere/1:{os.getpid()}:1")
    assert not identity.is_gone("")


@pytest.mark.parametrize(
    ("holder", "age_s", "is_abandoned"),
    [
        ("here", 20, False),
        ("here", 40, True),
        ("elsewhere/1:7:1", 2, False),
        ("elsewhere/1:7:1", 5, True),
        ("", 5, True),
    ],
)
def test_heartbeats_decide_for_processes_on_other_machines(holder, age_s, is_abandoned):
    holder = identity.current() if holder == "here" else holder
    beat = timezone.now() - timedelta(seconds=age_s)
    report = SyncReport(state="running", holder=holder, beat_at=beat)
    assert progress.is_abandoned(report) == is_abandoned


@pytest.mark.django_db(transaction=True)
def test_a_sync_of_an_ended_process_is_taken_over_at_once(upstream, run_sync, other_process):
    upstream.add(*ids(3))
    left = SyncReport.objects.create(beat_at=timezone.now(), holder=other_process.identity)
    with pytest.raises(pipeline.AlreadyRunning):
        run_sync()
    other_process.kill()
    other_process.wait()
    report = run_sync()
    assert (report.state, report.listed, report.holder) == ("done", 3, identity.current())
    left.refresh_from_db()
    assert (left.state, left.error) == ("stopped", "Its process ended unexpectedly.")


@pytest.mark.django_db(transaction=True)
def test_a_worker_takes_over_from_another_machine_within_five_seconds(upstream, transactional_db):
    """Its sync broke off a moment ago.

    The worker looks again every second until the signs have lapsed.
    """
    broke_off_at = timezone.now()
    SyncReport.objects.create(beat_at=broke_off_at, holder="elsewhere/1:7:1")

    async def work() -> None:
        async with fal.Clients(
            fal.Addresses(), upstream.key, transport=upstream.transport, sleep=upstream.pause
        ) as clients:
            sync = Job("sync", workers.CatalogSync(clients.platform).run)
            job = asyncio.create_task(run_forever(sync, channel.Signal()))
            async with asyncio.timeout(30):
                while not await SyncReport.objects.filter(state="done").aexists():  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            job.cancel()
            await asyncio.gather(job, return_exceptions=True)
        # the loop's thread has a connection of its own
        await sync_to_async(connections.close_all)()

    asyncio.run(work())
    taken_over = SyncReport.objects.get(state="done")
    assert 3 < (taken_over.started_at - broke_off_at).total_seconds() < 6


@pytest.mark.django_db(transaction=True)
def test_only_one_of_several_workers_syncs(upstream, settings):
    upstream.add(*ids(3))
    settings.SYNC_INTERVAL_MINUTES = 60

    async def work() -> list[float]:
        async with fal.Clients(
            fal.Addresses(), upstream.key, transport=upstream.transport, sleep=upstream.pause
        ) as clients:
            first, second = (workers.CatalogSync(clients.platform) for _ in range(2))
            pauses = [await first.run(), await second.run(), await first.run()]
        await sync_to_async(connections.close_all)()
        return pauses

    pauses = asyncio.run(work())
    assert SyncReport.objects.count() == 1
    assert all(3500 < pause <= 3600 for pause in pauses)


@pytest.mark.django_db(transaction=True)
def test_an_admin_asks_for_a_sync_and_sees_it(upstream, settings, admin_client, member):
    def show() -> str:
        return admin_client.get("/catalogue/sync/").content.decode()

    async def sync() -> float:
        async with fal.Clients(
            fal.Addresses(), upstream.key, transport=upstream.transport, sleep=upstream.pause
        ) as clients:
            job = workers.CatalogSync(clients.platform)
            await job.run()
            first = await job.run()
            await sync_to_async(admin_client.post)("/catalogue/sync/")
            assert "Reading the" in await sync_to_async(show)()
            await sync_to_async(admin_client.post)("/catalogue/sync/")  # a double click
            await job.run()
        await sync_to_async(connections.close_all)()
        return first

    upstream.add(*ids(3))
    settings.SYNC_INTERVAL_MINUTES = 60
    assert member.post("/catalogue/sync/").status_code == 403
    assert asyncio.run(sync()) > 0
    assert SyncReport.objects.filter(state=SyncReport.State.DONE).count() == 2
    assert not SyncReport.objects.filter(state=SyncReport.State.ASKED).exists()
    assert "up to date" in show()


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_has_just_started_syncs_again(upstream):
    """It may have another upstream than the last sync: `FAL_KEY` may have been set since."""
    upstream.add(*ids(3))
    ended_at = timezone.now() - timedelta(minutes=1)
    SyncReport.objects.create(state="done", ended_at=ended_at)

    async def work() -> None:
        async with fal.Clients(
            fal.Addresses(), upstream.key, transport=upstream.transport, sleep=upstream.pause
        ) as clients:
            await workers.CatalogSync(clients.platform).run()
        await sync_to_async(connections.close_all)()

    asyncio.run(work())
    assert SyncReport.objects.filter(state="done", ended_at__gt=ended_at).exists()
