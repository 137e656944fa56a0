"""A model without a status stream is remembered, for a while."""

from __future__ import annotations

from runs.worker.following.stream_support import STREAM_AGAIN_S, StreamSupport


def test_a_model_without_a_stream_is_tried_again_after_a_while() -> None:
    now = 0.0
    streams = StreamSupport(lambda: now)
    streams.record_missing("a/b")
    assert not streams.may_stream("a/b")
    assert streams.may_stream("a/c")
    now = STREAM_AGAIN_S - 1
    streams.record_missing("a/b")  # by a run that was sent before the first result came
    assert not streams.may_stream("a/b")
    now = STREAM_AGAIN_S
    assert streams.may_stream("a/b")
