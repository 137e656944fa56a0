"""An idle worker rarely queries the database, and still starts new runs at once."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from catalog.models import Endpoint
from runs.models import Run
from runs.worker.limits import WorkerLimits
from tests.runs.conftest import Ask, Work, have_ended

pytestmark = pytest.mark.system  # these tests take long

NEVER_S = 600.0
WINDOW_S = 11.0  # two heartbeats and a regular look
MOST_LOOKS = 30  # more than 70 when each job looked once a second


@pytest.mark.any_database
def test_an_idle_worker_rarely_queries_the_database(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_at: list[float] = []
    cursor = BaseDatabaseWrapper.cursor

    def count_query(self: Any, *args: Any) -> Any:
        asked_at.append(time.monotonic())
        return cursor(self, *args)

    monkeypatch.setattr(BaseDatabaseWrapper, "cursor", count_query)
    started, looks = time.monotonic(), 0

    def is_at_rest() -> bool:  # after WINDOW_S, even a worker on a busy machine has started
        nonlocal looks
        now = time.monotonic()
        looks = sum(at > now - WINDOW_S for at in asked_at)
        return now > started + WINDOW_S and looks <= MOST_LOOKS

    work(is_at_rest)
    assert looks >= 2


@pytest.mark.any_database
def test_storing_a_run_wakes_an_idle_worker(ask: Ask, work: Work) -> None:
    limits = WorkerLimits(
        rest_s=NEVER_S,
        idle_poll_every_s=NEVER_S,
        renew_every_s=NEVER_S,  # its own heartbeat would wake it
    )
    runs: list[Run] = []
    rested = time.monotonic() + 3

    def is_over() -> bool:
        if not runs and time.monotonic() > rested:
            runs.append(ask("mischief/slow", prompt="x", duration=0.2))
        return bool(runs) and have_ended(runs[0])

    work(is_over, worker_limits=limits)


def test_a_run_stored_without_a_notification_is_found_by_the_slow_check(
    catalogue: None, user: User, make_run: Any, work: Work
) -> None:
    endpoint = Endpoint.objects.get(endpoint_id="mischief/slow")
    runs: list[Run] = []
    rested = time.monotonic() + 3

    def is_over() -> bool:
        if not runs and time.monotonic() > rested:  # as another program would store a run
            runs.append(make_run(endpoint=endpoint, arguments={"prompt": "x", "duration": 0.2}))
        return bool(runs) and have_ended(runs[0])

    # Only SQLite shows that its file has changed.
    limits = WorkerLimits() if connection.vendor == "sqlite" else WorkerLimits(rest_s=2.0)
    work(is_over, worker_limits=limits)


def test_a_lease_that_lapses_is_taken_over_in_time(ask: Ask, work: Work) -> None:
    run = ask("mischief/slow", prompt="x", duration=0.2)
    lapses = timezone.now() + timedelta(seconds=4)
    Run.objects.filter(pk=run.pk).update(worker="dead", lease_until=lapses)
    work(lambda: have_ended(run))
    run.refresh_from_db()
    assert run.sent_at
    assert lapses <= run.sent_at < lapses + timedelta(seconds=20)
