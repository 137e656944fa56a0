"""The files that a run was made from, as the viewer shows them beside its results."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from playground.display.history import KINDS
from runs.models import Artifact, Run, Upload
from runs.own_addresses import OUR_ADDRESS

MOST_INPUTS = 12
_Key = tuple[str, int]  # of a file: its upload and 0, or its run and its position there


class InputFile(NamedTuple):
    """One of our files among a run's arguments: its address, and its kind as of artifacts."""

    address: str
    kind: str

    @property
    def word(self) -> str:
        """Return what it is: `Picture`."""
        return KINDS[self.kind]


def input_files(run: Run) -> list[InputFile]:
    """Return the first files of ours that the run's arguments name, in their order.

    Two queries at most. Only for who may see the run as more than an example: who sees that one may
    not open its inputs.
    """
    addresses = dict.fromkeys(_texts_in(run.arguments))
    matches = filter(None, map(OUR_ADDRESS.fullmatch, addresses))
    named = list(islice(matches, MOST_INPUTS))
    kinds = _kinds_of_uploads(named) | _kinds_of_results(named)
    return [InputFile(match[0], kinds[key]) for match in named if (key := _key(match)) in kinds]


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for child in value.values() if isinstance(value, dict) else value:
            yield from _texts_in(child)


def _key(match: re.Match[str]) -> _Key:
    return match["upload"] or match["run"], int(match["position"] or 0)


def _kinds_of_uploads(named: Sequence[re.Match[str]]) -> dict[_Key, str]:
    keys = [match["upload"] for match in named if match["upload"]]
    rows = Upload.objects.filter(pk__in=keys).values_list("pk", "content_type") if keys else ()
    return {(str(pk), 0): _known_kind(content_type.partition("/")[0]) for pk, content_type in rows}


def _kinds_of_results(named: Sequence[re.Match[str]]) -> dict[_Key, str]:
    runs = [match["run"] for match in named if match["run"]]
    if not runs:
        return {}
    stored = Artifact.objects.filter(run_id__in=runs).exclude(state=Artifact.State.LOST)
    rows = stored.values_list("run_id", "position", "kind")
    return {(str(run), position): _known_kind(kind) for run, position, kind in rows}


def _known_kind(kind: str) -> str:
    return kind if kind in KINDS else "file"
