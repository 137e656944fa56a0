"""A selection of results, as forms post it: `artifact=<run uuid>/<position>`, `run=<run uuid>`."""

from __future__ import annotations

import re
import uuid
from collections import defaultdict
from collections.abc import Mapping

from django.http import QueryDict

from core.http.parameters import parse_uuid

MOST_FILES = 5000
TOO_MANY = f"An archive holds at most {MOST_FILES:,} files. Choose fewer."
_POSITION = re.compile(r"[0-9]{1,6}")

# The chosen positions by run; None: all of its files.
Selection = Mapping[uuid.UUID, set[int] | None]


class Refused(ValueError):
    """What was chosen cannot be taken; says why, for people."""


def parse(posted: QueryDict) -> Selection:
    """Return what a post chooses; raises Refused for nothing, too much, or what names no file."""
    runs, artifacts = posted.getlist("run"), posted.getlist("artifact")
    if not runs and not artifacts:
        raise Refused("Nothing is selected. Select a result first.")
    if len(runs) + len(artifacts) > MOST_FILES:
        raise Refused(TOO_MANY)
    positions: defaultdict[uuid.UUID, set[int]] = defaultdict(set)
    for run, position in map(_artifact, artifacts):
        positions[run].add(position)
    return {**positions, **dict.fromkeys(map(_run, runs))}


def _artifact(value: str) -> tuple[uuid.UUID, int]:
    run, _, position = value.partition("/")
    if not _POSITION.fullmatch(position):
        raise Refused(f"“{value[:60]}” names no result: write a run's ID, “/” and a number.")
    return _run(run), int(position)


def _run(value: str) -> uuid.UUID:
    run = parse_uuid(value)
    if run is None:
        raise Refused(f"“{value[:60]}” is no run's ID.")
    return run
