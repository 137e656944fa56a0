"""Waiting runs teach the limit of their account at fal, and say what they wait for."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from runs.models import KeptFigures, Run
from runs.progress import account_concurrency
from runs.worker.scheduling import leases

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
TWO = (
    "The run perhaps waits for fal's limit: this account seems to run 2 at once, "
    "and that many are in progress."
)


@pytest.fixture
def first(make_run: Any) -> Run:
    """A run that has been the first in fal's queue for a while."""
    long_ago = timezone.now() - timedelta(minutes=1)
    run: Run = make_run(state="queued", queue_position=0, queued_at=long_ago)
    return run


def note_of(run: Run) -> str:
    return Run.objects.values_list("note", flat=True).get(pk=run.pk)


def test_the_first_of_the_queue_that_stays_tells_the_limit(make_run, first):
    account_concurrency.observe()
    make_run(state="running")
    account_concurrency.observe()
    assert account_concurrency.limit() is None  # every account runs two: it waits for a machine
    running = make_run(state="running")
    account_concurrency.observe()
    assert (account_concurrency.limit(), note_of(first)) == (2, TWO)
    Run.objects.filter(pk=running.pk).update(state="succeeded")
    account_concurrency.observe()
    assert (account_concurrency.limit(), note_of(first)) == (2, "")


def test_a_limit_is_forgotten_when_more_runs_are_in_progress_or_with_time(make_run, first):
    for _ in range(2):
        make_run(state="running")
    account_concurrency.observe()
    make_run(state="running")
    account_concurrency.observe()
    assert account_concurrency.limit() == 3  # the first one still waits
    Run.objects.filter(pk=first.pk).update(state="running", queue_position=None)
    account_concurrency.observe()
    assert account_concurrency.limit() is None
    account_concurrency.record_refused()
    assert account_concurrency.limit() == 4
    old = [4, (timezone.now() - account_concurrency.LASTS).isoformat()]
    KeptFigures.objects.filter(pk=account_concurrency.KIND).update(values={"": old})
    assert account_concurrency.limit() is None


def test_a_refusal_tells_the_limit(make_run):
    waiting = make_run(transport="sync", state="created")
    for _ in range(2):
        make_run(state="running")
    assert account_concurrency.record_refused() == TWO
    account_concurrency.observe()
    assert note_of(waiting) == TWO


def test_a_guess_holds_no_run_back(make_run):
    runs = {make_run(transport=transport).pk for transport in ("sync", "stream", "queue")}
    account_concurrency.record_refused()
    account_concurrency.observe()
    assert leases.has_free()
    assert {run.pk for run in leases.claim("w", 9).to_send} == runs
