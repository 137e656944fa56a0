"""The partial output of a streamed run between two commits: from the worker to open pages.

The worker commits a partial output a few times a second. A token that an open page waits for comes
sooner: as a message between processes (`core/notify/messages.py`) with the run, a number that
rises with each message of the run, and the whole output so far. The web process keeps the latest in
memory. Nothing depends on them: what a message said is in the next commit.
"""

from __future__ import annotations

import json
import uuid
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from core.notify import messages
from playground.models import Run

MAX_RUNS = 64  # whose latest partial output is kept
STEP = 1_000_000  # messages of one run between two of its versions, at most
_DIGITS = 6
_KEY_BYTES, _NUMBER_BYTES = 16, 4


@dataclass(frozen=True)
class LivePartial:
    """A run's latest message; the output is still JSON."""

    number: int
    output: bytes


_LATEST: OrderedDict[uuid.UUID, LivePartial] = OrderedDict()


def announce(pk: uuid.UUID, number: int, output: Any) -> bool:
    """Send a partial output to the processes that show pages; False if none takes it."""
    head = pk.bytes + number.to_bytes(_NUMBER_BYTES, "big")
    return messages.send(head + json.dumps(output).encode())


def receive(message: bytes) -> uuid.UUID:
    """Keep what a message says; returns its run."""
    pk = uuid.UUID(bytes=message[:_KEY_BYTES])
    body = message[_KEY_BYTES + _NUMBER_BYTES :]
    number = int.from_bytes(message[_KEY_BYTES : _KEY_BYTES + _NUMBER_BYTES], "big")
    _LATEST[pk] = LivePartial(number % STEP, body)
    _LATEST.move_to_end(pk)
    while len(_LATEST) > MAX_RUNS:
        _LATEST.popitem(last=False)
    return pk


def number_of(pk: uuid.UUID) -> int:
    """The number of the run's latest message; 0 without any."""
    found = _LATEST.get(pk)
    return found.number if found else 0


def forget(pk: uuid.UUID) -> None:
    """Drop what is kept of a run that has ended."""
    _LATEST.pop(pk, None)


def newest(run: Run) -> tuple[Any, str]:
    """A run's partial output, from its latest message or its row, and its version for the page."""
    found = _LATEST.get(run.pk) if run.state == Run.State.RUNNING else None
    if found is None:
        return run.partial, str(run.version)
    return json.loads(found.output), version_text(run.version * STEP + found.number)


def version_text(version: int) -> str:
    """`17`, or `17.000042` for the 42nd message after version 17; `version` counts in `STEP`."""
    whole, number = divmod(version, STEP)
    return f"{whole}.{number:0{_DIGITS}}" if number else str(whole)


def parse_version(text: str) -> int:
    """The inverse of `version_text`; raises ValueError for anything else."""
    whole, _, number = text.partition(".")
    return int(whole) * STEP + int(number[:_DIGITS].ljust(_DIGITS, "0"))
