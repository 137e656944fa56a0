"""The JSON of long polls; `static/js/lazy/live-wire.js` is the page's side.

A page posts the runs that it shows, each in a view and in the version that it has. Runs that share
one token are a group (`groups.py`):

    {"runs": [{"run": "<uuid>", "version": "17", "view": "stage", "token": "…"}],
     "groups": [{"group": "board.<uuid>", "view": "tile", "token": "…",
                 "runs": {"<first digits of a run's key>": "3"}}]}

The response has what is newer, and replacements of tokens that expire soon:

    {"markup": "<section …",
     "versions": [{"run": "<uuid>", "version": "18", "view": "stage"}],
     "renewed": [{"run": "<uuid>", "view": "stage", "token": "…"},
                 {"group": "board.<uuid>", "view": "tile", "token": "…"}]}
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from core.http.asgi import Receive

MAX_BYTES = 256 << 10
MAX_RUNS = 100  # in one poll, which a browser makes for all its tabs
MAX_GROUPS = 64
MAX_RUNS_IN_GROUPS = 500  # in all groups together
DIGITS = 8  # of a run's key within its group; if two keys begin alike, both runs are watched


class BadPoll(ValueError):
    """The body is not a poll; the message says why."""


@dataclass(frozen=True)
class WatchedRun:
    """A run, the version that a page has, and the view in which the page shows it."""

    pk: uuid.UUID
    version: int
    view: str


@dataclass(frozen=True)
class WatchedGroup:
    """A group, the view of its runs, and the page's version of each run, by first digits."""

    name: str  # <kind>.<key>
    view: str
    token: str
    versions: dict[str, int]


@dataclass(frozen=True)
class Poll:
    """What a page posted: each run with its unverified token."""

    runs: list[tuple[WatchedRun, str]]
    groups: list[WatchedGroup]


@dataclass(frozen=True)
class RenewedToken:
    """A new token for a run or a group in a view."""

    view: str
    token: str
    run: uuid.UUID | None = None
    group: str = ""


async def read_body(receive: Receive) -> bytes:
    """Return a request's body; raises BadPoll if it is too large."""
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if len(body) > MAX_BYTES:
            raise BadPoll(f"A poll has at most {MAX_BYTES} bytes.")
        if not message.get("more_body"):
            return body


def decode(body: bytes) -> Poll:
    """Parse a poll; raises BadPoll. Runs beyond the limits are left out."""
    try:
        poll = json.loads(body)
        return Poll(
            [_run(entry) for entry in _typed(poll["runs"], list)[:MAX_RUNS]],
            _groups(_typed(poll["groups"], list)[:MAX_GROUPS]),
        )
    except KeyError as error:
        raise BadPoll(f"The key {error} is missing in a poll.") from error
    except (ValueError, TypeError, RecursionError) as error:
        raise BadPoll(f"This is not a poll: {error}") from error


def encode(markup: str, runs: Iterable[WatchedRun], renewed: Iterable[RenewedToken] = ()) -> bytes:
    """Return the body of a response."""
    answer = {
        "markup": markup,
        "versions": [
            {"run": str(run.pk), "version": str(run.version), "view": run.view} for run in runs
        ],
        "renewed": [
            ({"group": new.group} if new.group else {"run": str(new.run)})
            | {"view": new.view, "token": new.token}
            for new in renewed
        ],
    }
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()


def _run(entry: Any) -> tuple[WatchedRun, str]:
    version = int(_typed(entry["version"], str))
    watched = WatchedRun(uuid.UUID(_typed(entry["run"], str)), version, _typed(entry["view"], str))
    return watched, _typed(entry["token"], str)


def _groups(entries: list[Any]) -> list[WatchedGroup]:
    groups, room_left = [], MAX_RUNS_IN_GROUPS
    for entry in entries:
        runs = list(_typed(entry["runs"], dict).items())[:room_left]
        room_left -= len(runs)
        versions = {digits: int(_typed(version, str)) for digits, version in runs}
        name, view, token = (_typed(entry[key], str) for key in ("group", "view", "token"))
        groups.append(WatchedGroup(name, view, token, versions))
    return groups


def _typed(value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"{value!r:.80} is not a {kind.__name__}")
    return value
