"""Counts of an endpoint's requests, as the Platform API's analytics give them (protocol, 17.2)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from fal import reading
from fal.errors import UpstreamFailed

COUNTS = ("request_count", "success_count", "user_error_count", "error_count")


@dataclass(frozen=True)
class CallCounts:
    """The requests of an endpoint: all, and those that failed for their input or at fal."""

    endpoint_id: str
    calls: int
    succeeded: int
    refused: int
    failed: int


def call_counts(raw: Any) -> list[CallCounts]:
    """Parse an answer with a summary, a row for each endpoint; raises UpstreamFailed without one.

    Rows of a kind of error or of a way of signing in are added up. A missing count is 0.
    """
    rows = reading.as_mapping(raw).get("summary")
    if not isinstance(rows, list):
        raise UpstreamFailed("fal's analytics have no summary.", is_retryable=True)
    sums: dict[str, Counter[str]] = {}
    for row in map(reading.as_mapping, rows):
        if endpoint_id := reading.text(row, "endpoint_id"):
            counts = {name: max(reading.integer(row, name) or 0, 0) for name in COUNTS}
            sums.setdefault(endpoint_id, Counter()).update(counts)
    return [CallCounts(key, *(counts[name] for name in COUNTS)) for key, counts in sums.items()]
