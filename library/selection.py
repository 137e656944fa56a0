"""A selection of results, as forms post it: `artifact=<run uuid>/<position>`, `run=<run uuid>`."""

from __future__ import annotations

import re
import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from django.http import QueryDict

from core.http.parameters import parse_uuid
from runs.models import Artifact
from runs.models.querysets import RunQuerySet
from runs.selections import ARTIFACT, RUN

MOST_FILES = 5000
TOO_MANY = f"An archive holds at most {MOST_FILES:,} files. Choose fewer."
_POSITION = re.compile(r"[0-9]{1,6}")

# The chosen positions by run; None: all of its files.
Selection = Mapping[uuid.UUID, set[int] | None]


class Refused(ValueError):
    """What was chosen cannot be taken; says why, for people."""


class ResultKey(NamedTuple):
    """One result: a file of a run by its position; 0 too for a run that has no files."""

    run: uuid.UUID
    position: int

    def __str__(self) -> str:
        """Write it as forms post it."""
        return f"{self.run}/{self.position}"


@dataclass(frozen=True)
class Chosen:
    """The results of a selection that are within reach, in its order, and how many are not."""

    results: list[ResultKey]
    out_of_reach: int = 0

    @property
    def run_keys(self) -> list[uuid.UUID]:
        """Return the keys of their runs, once each."""
        return list(dict.fromkeys(result.run for result in self.results))


def parse(posted: QueryDict) -> Selection:
    """Return what a post chooses; raises Refused for nothing, too much, or what names no file."""
    runs, artifacts = posted.getlist(RUN), posted.getlist(ARTIFACT)
    if not runs and not artifacts:
        raise Refused("Nothing is selected. Select a result first.")
    if len(runs) + len(artifacts) > MOST_FILES:
        raise Refused(TOO_MANY)
    positions: defaultdict[uuid.UUID, set[int]] = defaultdict(set)
    for run, position in map(_artifact, artifacts):
        positions[run].add(position)
    return {**positions, **dict.fromkeys(map(_run, runs))}


def choose(selection: Selection, runs: RunQuerySet) -> Chosen:
    """Return the results of a selection that are of these runs; two queries.

    What is not there and what is not among the runs count alike, so that nobody learns which.
    """
    there = set(runs.order_by().filter(pk__in=[*selection]).values_list("pk", flat=True))
    files: defaultdict[uuid.UUID, set[int]] = defaultdict(set)
    rows = Artifact.objects.filter(run__in=there).order_by().values_list("run_id", "position")
    for run, position in rows:
        files[run].add(position)
    results, out_of_reach = [], 0
    for run, positions in selection.items():
        has = files.get(run, {0}) if run in there else set()
        taken = has if positions is None else has & positions
        results += [ResultKey(run, position) for position in sorted(taken)]
        out_of_reach += (not has) if positions is None else len(positions - has)
    return Chosen(results, out_of_reach)


def as_fields(selection: Selection) -> list[tuple[str, str]]:
    """Return the names and values of the fields that post a selection again."""
    return [
        (RUN, str(run)) if positions is None else (ARTIFACT, str(ResultKey(run, position)))
        for run, positions in selection.items()
        for position in sorted(positions or {0})
    ]


def size(selection: Selection) -> int:
    """Return how many results and whole runs a selection has."""
    return sum(1 if positions is None else len(positions) for positions in selection.values())


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
