"""Sends partial outputs of streamed runs from the worker to open pages before they are committed.

The worker commits a partial output a few times a second. To show each token sooner, it also sends
it as a message between processes (`core/notify/messages.py`): the run, a number that rises with
each message of the run, and the whole output so far. The web process keeps the latest message in
memory. Messages may be lost: the next commit has the same contents.
"""

from __future__ import annotations

import json
import uuid
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from core.notify import messages
from runs.models import Run

TOPIC = "partial outputs"
MAX_RUNS = 64  # runs whose latest partial output is kept
STEP = 1_000_000  # at most this many messages of a run between two of its versions
_DIGITS = 6
_KEY_BYTES, _NUMBER_BYTES = 16, 4


@dataclass(frozen=True)
class LivePartial:
    """A run's latest message; `output` is still encoded as JSON."""

    number: int
    output: bytes


_LATEST: OrderedDict[uuid.UUID, LivePartial] = OrderedDict()


def announce(pk: uuid.UUID, number: int, output: Any) -> bool:
    """Send a partial output to the web processes; return False if none receives it."""
    head = pk.bytes + number.to_bytes(_NUMBER_BYTES, "big")
    return messages.send(TOPIC, head + json.dumps(output).encode())


def receive(message: bytes) -> uuid.UUID:
    """Store a message; return its run."""
    pk = uuid.UUID(bytes=message[:_KEY_BYTES])
    body = message[_KEY_BYTES + _NUMBER_BYTES :]
    number = int.from_bytes(message[_KEY_BYTES : _KEY_BYTES + _NUMBER_BYTES], "big")
    _LATEST[pk] = LivePartial(number % STEP, body)
    _LATEST.move_to_end(pk)
    while len(_LATEST) > MAX_RUNS:
        _LATEST.popitem(last=False)
    return pk


def number_of(pk: uuid.UUID) -> int:
    """Return the number of the run's latest message, or 0."""
    latest = _LATEST.get(pk)
    return latest.number if latest else 0


def newest(run: Run) -> tuple[Any, str]:
    """Return a run's partial output, from its latest message or its row, and its version."""
    latest = _LATEST.get(run.pk) if run.state == Run.State.RUNNING else None
    if latest is None:
        return run.partial, str(run.version)
    return json.loads(latest.output), version_text(run.version * STEP + latest.number)


def version_text(version: int) -> str:
    """Return `17`, or `17.000042` for the 42nd message after version 17."""
    row_version, number = divmod(version, STEP)
    return f"{row_version}.{number:0{_DIGITS}}" if number else str(row_version)


def parse_version(text: str) -> int:
    """Parse the result of `version_text`; raises ValueError for anything else."""
    row_version, _, number = text.partition(".")
    return int(row_version) * STEP + int(number[:_DIGITS].ljust(_DIGITS, "0"))
