"""Remembers which models have no status stream, so that their runs are polled at once."""

from __future__ import annotations

import time
from collections.abc import Callable

STREAM_AGAIN_S = 600.0  # a model without a status stream may have one after a new deployment


class StreamSupport:
    """Which models' runs have a status stream, as far as known. `now` returns monotonic seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._no_stream_until: dict[str, float] = {}

    def may_stream(self, endpoint_id: str) -> bool:
        """Whether to try the status stream of this model's runs; not soon after it had none."""
        return self._now() >= self._no_stream_until.get(endpoint_id, 0.0)

    def record_missing(self, endpoint_id: str) -> None:
        """Record that upstream knows a run of this model but has no status stream for it."""
        if self.may_stream(endpoint_id):
            self._no_stream_until[endpoint_id] = self._now() + STREAM_AGAIN_S
