"""Where many runs are polled, each is polled less often."""

from __future__ import annotations

from contextlib import ExitStack

from runs.worker.following.poll_pacing import PollPacing


def test_many_polled_runs_are_each_polled_less_often() -> None:
    polls = PollPacing()
    assert polls.pause_s(1) < 1.2
    with ExitStack() as counted:
        for _ in range(1000):
            counted.enter_context(polls.count())
        assert polls.pause_s(1) > 8
    assert polls.pause_s(1) < 1.2
