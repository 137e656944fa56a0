"""A selection, as forms post it: `artifact=<run uuid>/<position>`, `run=<run uuid>`, `upload=`.

`all=1` selects the runs that the list has found; its query is posted as `filters`.
"""

from __future__ import annotations

import re
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from django.http import QueryDict

from core.http.parameters import parse_uuid
from core.refusals import Refused
from runs.models import Artifact, Upload
from runs.models.querysets import RunQuerySet
from runs.results.selections import ALL, ARTIFACT, RUN, all_found, newest

if TYPE_CHECKING:
    from django.http import HttpRequest

UPLOAD = "upload"  # the parameter with the key of an upload
MOST_FILES = 5000
TOO_MANY = f"An archive holds at most {MOST_FILES:,} files. Choose fewer."
_POSITION = re.compile(r"[0-9]{1,6}")

# The chosen positions by run; None: all files of the run.
Positions = Mapping[uuid.UUID, set[int] | None]


class ResultKey(NamedTuple):
    """One result: the position of a file of a run; 0 if the run has no files."""

    run: uuid.UUID
    position: int

    def __str__(self) -> str:
        """Return the key as forms post it."""
        return f"{self.run}/{self.position}"


@dataclass(frozen=True)
class Selection:
    """The selection of a request; `left_out` is the number of older runs that the list found."""

    positions: Positions
    left_out: int = 0
    is_all: bool = False  # all runs that the list has found
    uploads: Sequence[uuid.UUID] = ()

    def __len__(self) -> int:
        """Return how many results, whole runs and uploads it has."""
        results = sum(1 if places is None else len(places) for places in self.positions.values())
        return results + len(self.uploads)

    @property
    def fields(self) -> list[tuple[str, str]]:
        """Return the names and values of fields that post the selection again."""
        if self.is_all:
            return [(ALL, "1")]
        return [
            (RUN, str(run)) if places is None else (ARTIFACT, str(ResultKey(run, position)))
            for run, places in self.positions.items()
            for position in sorted(places or {0})
        ] + [(UPLOAD, str(upload)) for upload in self.uploads]


@dataclass(frozen=True)
class SelectedResults:
    """The accessible results of a selection, in order, and the number of inaccessible ones."""

    results: list[ResultKey]
    out_of_reach: int = 0
    left_out: int = 0  # older runs, see Selection
    uploads: Sequence[Upload] = ()  # of those who take some

    @property
    def run_keys(self) -> list[uuid.UUID]:
        """Return the keys of their runs, without duplicates."""
        return list(dict.fromkeys(result.run for result in self.results))


def posted(request: HttpRequest) -> Selection:
    """Return a request's selection; raises Refused if it is empty, too large or malformed.

    Of all runs that a list has found, it takes the newest.
    """
    runs = all_found(request)
    if runs is None:
        return parse(request.POST)
    newest_results = newest(runs, MOST_FILES)
    if not newest_results.keys:
        raise Refused("The list no longer finds anything. Change its filters first.")
    return Selection(dict.fromkeys(newest_results.keys), newest_results.left_out, is_all=True)


def parse(query: QueryDict) -> Selection:
    """Return what a post names one by one; raises Refused as `posted` does."""
    runs, artifacts = query.getlist(RUN), query.getlist(ARTIFACT)
    upload_keys = (parse_uuid(text) for text in query.getlist(UPLOAD)[:MOST_FILES])
    uploads = [key for key in upload_keys if key]
    if not (runs or artifacts or uploads):
        raise Refused("Nothing is selected. Select a result first.")
    if len(runs) + len(artifacts) > MOST_FILES:
        raise Refused(TOO_MANY)
    positions: defaultdict[uuid.UUID, set[int]] = defaultdict(set)
    for run, position in map(_artifact, artifacts):
        positions[run].add(position)
    return Selection({**positions, **dict.fromkeys(map(_run, runs))}, uploads=uploads)


def choose(selection: Selection, runs: RunQuerySet) -> SelectedResults:
    """Return the results of a selection that belong to these runs. Two queries.

    Results that do not exist and results of other runs count alike, so that nobody learns which.
    """
    positions = selection.positions
    present = set(runs.order_by().filter(pk__in=[*positions]).values_list("pk", flat=True))
    files: defaultdict[uuid.UUID, set[int]] = defaultdict(set)
    rows = Artifact.objects.filter(run__in=present).order_by().values_list("run_id", "position")
    for run, position in rows:
        files[run].add(position)
    results: list[ResultKey] = []
    out_of_reach = 0
    for run, chosen_places in positions.items():
        has = files.get(run, {0}) if run in present else set()
        run_positions = has if chosen_places is None else has & chosen_places
        results += [ResultKey(run, position) for position in sorted(run_positions)]
        out_of_reach += (not has) if chosen_places is None else len(chosen_places - has)
    return SelectedResults(results, out_of_reach, selection.left_out)


def _artifact(value: str) -> tuple[uuid.UUID, int]:
    run, _, position = value.partition("/")
    if not _POSITION.fullmatch(position):
        raise Refused(f"“{value[:60]}” does not name a result: write a run's ID, “/” and a number.")
    return _run(run), int(position)


def _run(value: str) -> uuid.UUID:
    run = parse_uuid(value)
    if run is None:
        raise Refused(f"“{value[:60]}” is not the ID of a run.")
    return run
