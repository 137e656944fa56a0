"""A run's remaining time, from earlier runs, upstream's estimate and the run's log."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from runs.models import Run
from runs.progress import waiting


@pytest.fixture(autouse=True)
def _nothing_is_kept() -> None:
    waiting._typical_duration_cache.clear()


def make_timed_run(make_run: Any, seconds: float, **values: Any) -> Run:
    sent = timezone.now() - timedelta(hours=1)
    ended = sent + timedelta(seconds=seconds)
    run: Run = make_run(state="succeeded", sent_at=sent, ended_at=ended, **values)
    return run


@pytest.mark.parametrize(
    ("lines", "share"),
    [
        (["37%"], 0.37),
        (["step 12/50"], 0.24),
        (["saving", "12.5 %", "2/50"], 0.125),
        (["resized to 1920/1080"], None),
        (["2026/11/23 14:05"], None),
        (["ratio 16:9, 300%"], None),
        (["quiet"] * 30 + ["50%"], None),
    ],
)
def test_progress_is_read_from_the_newest_lines(lines, share):
    assert waiting.progress_in(lines) == share


def test_the_typical_time_is_the_median_of_the_teams_runs(make_endpoint, make_run, stranger):
    flux = make_endpoint()
    assert waiting.typical_duration(flux) is None
    for seconds in (2, 90):
        make_timed_run(make_run, seconds, endpoint=flux)
    make_timed_run(make_run, 4, endpoint=flux, user=stranger)
    make_run(endpoint=flux, state="failed", ended_at=timezone.now())
    assert waiting.typical_duration(flux) == waiting.TypicalDuration(4.0, 3)


def test_earlier_runs_replace_upstreams_estimate(make_endpoint, make_run):
    flux = make_endpoint(duration_estimate_min=0.5)
    assert waiting.usual_s(flux) == 30
    waiting._typical_duration_cache.clear()
    make_timed_run(make_run, 12, endpoint=flux)
    assert waiting.usual_s(flux) == 12


def test_the_typical_time_is_computed_once_for_many_renderings(make_run, django_assert_num_queries):
    run = make_run(state="running")
    waiting.describe_wait(run)
    with django_assert_num_queries(0):
        for _ in range(10):
            waiting.describe_wait(run)


def started(make_run: Any, passed_s: float, *lines: str, **values: Any) -> Run:
    at = timezone.now() - timedelta(seconds=passed_s)
    logs = [{"timestamp": "", "level": "INFO", "message": line} for line in lines]
    run: Run = make_run(state="running", sent_at=at, started_at=at, logs=logs, **values)
    return run


@given(st.lists(st.text(alphabet="0123456789/%. of:-", max_size=20), max_size=25))
def test_any_log_gives_a_progress_share_or_none(lines):
    share = waiting.progress_in(lines)
    assert share is None or 0 <= share <= 1


def test_progress_is_worded_by_what_is_known(make_run, make_endpoint):
    flux = make_endpoint()
    nothing = waiting.describe_wait(started(make_run, 3, endpoint=flux))
    assert nothing
    assert nothing.sentence == nothing.late_words == ""
    make_timed_run(make_run, 12, endpoint=flux)
    waiting._typical_duration_cache.clear()
    usual = waiting.describe_wait(started(make_run, 3, endpoint=flux))
    assert usual
    assert usual.sentence == "usually about 12 s"
    assert (usual.late_words, usual.late_at_s) == ("longer than usual (about 12 s)", 15)
    progress = waiting.describe_wait(started(make_run, 10, "12/48", endpoint=flux))
    assert progress
    assert progress.sentence == "25%, about 30 s left"
    early = waiting.describe_wait(started(make_run, 0, "25%", endpoint=flux))
    assert early
    assert early.sentence == "25%"
