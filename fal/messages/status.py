"""Status, logs and cancellation of a queued request (protocol, 5.2)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from operator import itemgetter
from typing import Any

from fal import reading
from fal.db_safe import db_safe_text
from fal.errors import RunFailed, UpstreamFailed
from fal.http.answers import RETRYABLE_TYPES

_EARLIEST = datetime.min.replace(tzinfo=UTC)
MAX_INFERENCE_S = 7 * 86_400  # larger values are treated as invalid


class Phase(StrEnum):
    """fal's three states; any other word is UNKNOWN, which must not be polled forever (C18)."""

    IN_QUEUE = "IN_QUEUE"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    UNKNOWN = "UNKNOWN"


class Cancellation(StrEnum):
    """fal's response to a cancellation: requested, too late (fetch the result), not found."""

    REQUESTED = "REQUESTED"
    ALREADY_COMPLETED = "ALREADY_COMPLETED"
    NOT_FOUND = "NOT_FOUND"


@dataclass(frozen=True)
class LogLine:
    """One log line of the model; `timestamp` is fal's unparsed text."""

    message: str
    level: str = ""
    source: str = ""
    timestamp: str = ""

    @classmethod
    def from_json(cls, raw: Any) -> LogLine | None:
        """Parses an entry, which is an object or a plain text; None if it has no content."""
        if isinstance(raw, str):
            return cls(db_safe_text(raw))
        raw = reading.as_mapping(raw)
        line = cls(*(reading.text(raw, key) for key in ("message", "level", "source", "timestamp")))
        return line if line.message or line.timestamp else None

    @property
    def identity(self) -> tuple[str, str, str]:
        """Equal for repetitions of the same line."""
        return self.timestamp, self.level, self.message


def merge_logs(known: Iterable[LogLine], received: Iterable[LogLine]) -> list[LogLine]:
    """`known` plus the new lines of `received`; polls repeat old lines, streams do not (C20).

    A line without a timestamp is kept as often as one response contains it: equal lines may come
    from different times.
    """
    lines: list[LogLine] = []
    for batch in (known, received):
        known_lines = Counter(line.identity for line in lines)
        for line in batch:
            if known_lines[line.identity]:
                known_lines[line.identity] -= not line.timestamp
            else:
                lines.append(line)
                known_lines[line.identity] += bool(line.timestamp)
    return lines


def sort_logs(lines: Iterable[LogLine]) -> list[LogLine]:
    """The lines sorted by time, whatever the format of their timestamps.

    A line without a valid timestamp stays after the line that preceded it.
    """
    latest, timed_lines = _EARLIEST, []
    for line in lines:
        latest = reading.parse_time(line.timestamp) or latest
        timed_lines.append((latest, line))
    timed_lines.sort(key=itemgetter(0))
    return [line for _, line in timed_lines]


@dataclass(frozen=True)
class Status:
    """A request's status. COMPLETED means ended; `error` and `error_type` are set if it failed."""

    state: Phase
    queue_position: int | None = None
    logs: list[LogLine] = field(default_factory=list)
    metrics: dict[str, Any] = field(default_factory=dict)
    error: str | None = None
    error_type: str | None = None
    request_id: str | None = None
    raw: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def from_json(cls, raw: Any) -> Status:
        """Parses any JSON object; raises UpstreamFailed for anything else."""
        if not isinstance(raw, dict):
            raise UpstreamFailed("fal's status is not a JSON object.", is_retryable=True)
        word = raw.get("status")
        return cls(
            state=_PHASES.get(word, Phase.UNKNOWN) if isinstance(word, str) else Phase.UNKNOWN,
            queue_position=reading.integer(raw, "queue_position"),
            logs=_logs(raw.get("logs")),
            metrics=dict(reading.as_mapping(raw.get("metrics"))),
            error=_error_text(raw.get("error")),
            error_type=reading.text_or_none(raw, "error_type"),
            request_id=reading.text_or_none(raw, "request_id"),
            raw=raw,
        )

    @property
    def is_completed(self) -> bool:
        """Whether the request has ended."""
        return self.state is Phase.COMPLETED

    @property
    def failure(self) -> RunFailed | None:
        """The failure named in a COMPLETED status; the result's response says more (C19)."""
        if not self.is_completed or not (self.error or self.error_type):
            return None
        return RunFailed(
            self.error or f"The model failed: {self.error_type}.",
            type=self.error_type,
            detail=self.raw.get("detail", self.raw.get("error")),
            request_id=self.request_id,
            is_retryable=self.error_type in RETRYABLE_TYPES,
        )


MAX_LOG_LINES = 10_000  # of one response
_PHASES = {phase.value: phase for phase in Phase}


def _logs(raw: Any) -> list[LogLine]:
    """The last MAX_LOG_LINES from an array, an object of lines, a single line or null (C20)."""
    if isinstance(raw, dict) and "message" not in raw:
        raw = [entry for v in raw.values() for entry in (v if isinstance(v, list) else [v])]
    entries = raw if isinstance(raw, list) else [raw]
    return [line for entry in entries[-MAX_LOG_LINES:] if (line := LogLine.from_json(entry))]


def _error_text(error: Any) -> str | None:
    if error is None or isinstance(error, str):
        return db_safe_text(error or "") or None
    return json.dumps(error)


# Reads a run's metrics as upstream reports them; they may contain anything.
def inference_s(metrics: Mapping[str, Any]) -> float | None:
    """The model's working time in seconds by `inference_time` (protocol, 5.3); None if invalid."""
    seconds = metrics.get("inference_time")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    return float(seconds) if 0 < seconds < MAX_INFERENCE_S else None
