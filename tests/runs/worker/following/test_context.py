"""What the followers of one worker share: the pace of polls, and models without a status stream."""

from contextlib import ExitStack

from runs.worker.following.context import STREAM_AGAIN_S, PollPacing, StreamSupport


def test_many_polled_runs_are_each_polled_less_often():
    polls = PollPacing()
    assert polls.pause_s(1) < 1.2
    with ExitStack() as counted:
        for _ in range(1000):
            counted.enter_context(polls.count())
        assert polls.pause_s(1) > 8
    assert polls.pause_s(1) < 1.2


def test_a_model_without_a_stream_is_tried_again_after_a_while():
    now = 0.0
    streams = StreamSupport(lambda: now)
    streams.record_missing("a/b")
    assert not streams.may_stream("a/b")
    assert streams.may_stream("a/c")
    now = STREAM_AGAIN_S - 1
    streams.record_missing("a/b")  # by a run that was sent before the first answer came
    assert not streams.may_stream("a/b")
    now = STREAM_AGAIN_S
    assert streams.may_stream("a/b")
