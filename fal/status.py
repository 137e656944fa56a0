"""What fal says about a request on its way (protocol, 5.2)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from operator import itemgetter
from typing import Any

from fal import reading
from fal.answers import MAY_GO_WELL_LATER
from fal.errors import RunFailed, UpstreamFailed
from fal.storable import storable_text

BEFORE_ALL = datetime.min.replace(tzinfo=UTC)


class Phase(StrEnum):
    """fal's three words; any other is UNKNOWN, which must not be polled for ever (C18)."""

    IN_QUEUE = "IN_QUEUE"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    UNKNOWN = "UNKNOWN"


class Cancellation(StrEnum):
    """What fal made of a cancellation: on its way, too late (fetch the result), no such request."""

    REQUESTED = "REQUESTED"
    ALREADY_COMPLETED = "ALREADY_COMPLETED"
    NOT_FOUND = "NOT_FOUND"


@dataclass(frozen=True)
class LogLine:
    """One line that the model wrote; `timestamp` is fal's own text."""

    message: str
    level: str = ""
    source: str = ""
    timestamp: str = ""

    @classmethod
    def from_json(cls, raw: Any) -> LogLine | None:
        """Reads an entry, an object or a bare text; None when there is nothing to show."""
        if isinstance(raw, str):
            return cls(storable_text(raw))
        raw = reading.as_mapping(raw)
        line = cls(*(reading.text(raw, key) for key in ("message", "level", "source", "timestamp")))
        return line if line.message or line.timestamp else None

    @property
    def identity(self) -> tuple[str, str, str]:
        """What makes two lines the same one, told again."""
        return self.timestamp, self.level, self.message


def merge_logs(known: Iterable[LogLine], told: Iterable[LogLine]) -> list[LogLine]:
    """All lines once, in the order first told: polls repeat them, streams do not (C20).

    One without a timestamp stands as often as one answer told it: two of them may be two moments'.
    """
    lines: list[LogLine] = []
    for answer in (known, told):
        had = Counter(line.identity for line in lines)
        for line in answer:
            if had[line.identity]:
                had[line.identity] -= not line.timestamp
            else:
                lines.append(line)
                had[line.identity] += bool(line.timestamp)
    return lines


def by_moment(lines: Iterable[LogLine]) -> list[LogLine]:
    """The lines in the order of the moments that their timestamps mean, however these are written.

    One whose timestamp is no time stays behind the line that it came after.
    """
    latest, placed = BEFORE_ALL, []
    for line in lines:
        latest = reading.moment_of(line.timestamp) or latest
        placed.append((latest, line))
    placed.sort(key=itemgetter(0))
    return [line for _, line in placed]


@dataclass(frozen=True)
class Status:
    """How a request is. COMPLETED means over, not well: `error` and `error_type` may say otherwise."""

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
        """Reads any JSON object by its words; raises UpstreamFailed for anything else."""
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
        """Whether the request is over."""
        return self.state is Phase.COMPLETED

    @property
    def failure(self) -> RunFailed | None:
        """The failure that a COMPLETED status admits; the result's answer knows more (C19)."""
        if not self.is_completed or not (self.error or self.error_type):
            return None
        return RunFailed(
            self.error or f"The model failed: {self.error_type}.",
            type=self.error_type,
            detail=self.raw.get("detail", self.raw.get("error")),
            request_id=self.request_id,
            is_retryable=self.error_type in MAY_GO_WELL_LATER,
        )


MOST_LINES = 10_000  # of one answer
_PHASES = {phase.value: phase for phase in Phase}


def _logs(raw: Any) -> list[LogLine]:
    """Lines from an array, an object of them, one alone, or null (C20); the last ones of very many."""
    if isinstance(raw, dict) and "message" not in raw:
        raw = [entry for v in raw.values() for entry in (v if isinstance(v, list) else [v])]
    entries = raw if isinstance(raw, list) else [raw]
    return [line for entry in entries[-MOST_LINES:] if (line := LogLine.from_json(entry))]


def _error_text(error: Any) -> str | None:
    if error is None or isinstance(error, str):
        return storable_text(error or "") or None
    return json.dumps(error)
