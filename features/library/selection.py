"""A selection of results, as forms post it: `artifact=<run uuid>/<position>`, `run=<run uuid>`.

Or `all=1`: the runs that the list has found, whose query is posted as `filters`.
"""

from __future__ import annotations

import re
import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from django.http import QueryDict

from core.http.parameters import parse_uuid
from core.refusals import Refused
from runs.models import Artifact
from runs.models.querysets import RunQuerySet
from runs.results.selections import ALL, ARTIFACT, RUN, all_found, newest

if TYPE_CHECKING:
    from django.http import HttpRequest

MOST_FILES = 5000
TOO_MANY = f"An archive holds at most {MOST_FILES:,} files. Choose fewer."
_POSITION = re.compile(r"[0-9]{1,6}")

# The chosen positions by run; None: all of its files.
Positions = Mapping[uuid.UUID, set[int] | None]


class ResultKey(NamedTuple):
    """One result: a file of a run by its position; 0 too for a run that has no files."""

    run: uuid.UUID
    position: int

    def __str__(self) -> str:
        """Write it as forms post it."""
        return f"{self.run}/{self.position}"


@dataclass(frozen=True)
class Selection:
    """What a request selects; `left_out` are older runs that the list has found as well."""

    positions: Positions
    left_out: int = 0
    is_all: bool = False  # that the list has found

    def __len__(self) -> int:
        """Return how many results and whole runs it has."""
        return sum(1 if chosen is None else len(chosen) for chosen in self.positions.values())

    @property
    def fields(self) -> list[tuple[str, str]]:
        """Return the names and values of the fields that post it again."""
        if self.is_all:
            return [(ALL, "1")]
        return [
            (RUN, str(run)) if chosen is None else (ARTIFACT, str(ResultKey(run, position)))
            for run, chosen in self.positions.items()
            for position in sorted(chosen or {0})
        ]


@dataclass(frozen=True)
class Chosen:
    """The results of a selection that are within reach, in its order, and how many are not."""

    results: list[ResultKey]
    out_of_reach: int = 0
    left_out: int = 0  # older runs, see Selection

    @property
    def run_keys(self) -> list[uuid.UUID]:
        """Return the keys of their runs, once each."""
        return list(dict.fromkeys(result.run for result in self.results))


def posted(request: HttpRequest) -> Selection:
    """Return what a request selects; raises Refused for nothing, too much, or what names no file.

    Of all that a list has found, the newest.
    """
    runs = all_found(request)
    if runs is None:
        return Selection(parse(request.POST))
    found = newest(runs, MOST_FILES)
    if not found.keys:
        raise Refused("The list finds nothing any more. Change its filters first.")
    return Selection(dict.fromkeys(found.keys), found.left_out, is_all=True)


def parse(query: QueryDict) -> Positions:
    """Return what a post chooses one by one; raises Refused as `posted` does."""
    runs, artifacts = query.getlist(RUN), query.getlist(ARTIFACT)
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
    positions = selection.positions
    there = set(runs.order_by().filter(pk__in=[*positions]).values_list("pk", flat=True))
    files: defaultdict[uuid.UUID, set[int]] = defaultdict(set)
    rows = Artifact.objects.filter(run__in=there).order_by().values_list("run_id", "position")
    for run, position in rows:
        files[run].add(position)
    results: list[ResultKey] = []
    out_of_reach = 0
    for run, chosen in positions.items():
        has = files.get(run, {0}) if run in there else set()
        taken = has if chosen is None else has & chosen
        results += [ResultKey(run, position) for position in sorted(taken)]
        out_of_reach += (not has) if chosen is None else len(chosen - has)
    return Chosen(results, out_of_reach, selection.left_out)


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
