"""A model's median duration is in its row from ten runs on."""

from datetime import timedelta

import pytest
from django.utils import timezone

from catalog.models import Endpoint, Revision
from playground.display import history
from runs.worker.median_durations import FEWEST_RUNS, PAUSE_S, MedianDurations

pytestmark = pytest.mark.both_databases


def test_the_median_is_written_once_there_are_ten_runs(make_run):
    now = timezone.now()
    for seconds in range(1, FEWEST_RUNS):
        make_run(state="succeeded", sent_at=now, ended_at=now + timedelta(seconds=seconds))
    make_run(state="failed", sent_at=now, ended_at=now)
    assert MedianDurations().step() == PAUSE_S
    assert Endpoint.objects.get().median_s is None
    make_run(state="succeeded", sent_at=now, ended_at=now + timedelta(seconds=10))
    MedianDurations().step()
    assert Endpoint.objects.get().median_s == 5.5
    revision = Revision.current()
    make_run(state="succeeded", sent_at=now, ended_at=now + timedelta(seconds=5.4))
    MedianDurations().step()  # 5.4 is not worth a new search index
    assert Revision.current() == revision


def test_a_clock_that_was_set_back_makes_no_negative_duration(make_run):
    now = timezone.now()
    for _ in range(FEWEST_RUNS):
        run = make_run(state="succeeded", sent_at=now, ended_at=now - timedelta(seconds=5))
    MedianDurations().step()
    assert Endpoint.objects.get().median_s == 0
    assert (run.took, history.seconds(run)) == (timedelta(), 0)
