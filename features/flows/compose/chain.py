"""The steps that led to a result: its run, the runs whose files it took, and so on, as a flow."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from catalog.schema_versions import version_of
from features.flows.compose.definition import MOST_STEPS, Definition, Input, Path, Step, Wire
from features.flows.compose.wiring import field_at
from runs.files.own_addresses import OUR_ADDRESS, begins_as_address
from runs.models import Artifact, Run
from schemas.fields import Field
from schemas.fields.paths import APPEND, value_at, without
from schemas.uses.inputs import inputs_of, names_in

if TYPE_CHECKING:
    from django.contrib.auth.models import User

_MOST_LEAVES = 10_000  # texts of one JSON value that are looked at


@dataclass(frozen=True)
class Chain:
    """The steps in the order in which they were made, and each one's run by the step's id."""

    definition: Definition
    runs: Mapping[str, Run]


def chain_of(run: Run, user: User) -> Chain:
    """Return the steps that led to a run that the user may read, at most MOST_STEPS.

    A file that another of these steps made becomes a wire. What was uploaded, and the prompts of
    the steps without a wire, are open inputs; a file or prompt that several steps were given is
    one. The nearest steps come first, and those that the user may not read are no steps: what they
    made stays a file. Two queries for each level of sources, and one for all files.
    """
    sources = _sources_of(run, user)
    places = _places_of_results(sources)
    runs = sorted([run, *sources], key=lambda each: (each.created_at, each.pk))
    ids = {each.pk: f"s{number}" for number, each in enumerate(runs, start=1)}
    steps = [_step(each, ids, places) for each in runs]
    inputs = _Inputs()
    for each, step in zip(runs, steps, strict=True):
        inputs.add_of(step, version_of(each.endpoint).root)
    return Chain(
        Definition(tuple(steps), tuple(inputs.as_inputs())),
        {ids[each.pk]: each for each in runs},
    )


def _sources_of(run: Run, user: User) -> list[Run]:
    """Return the runs whose results a run was made of, directly or not, with their outputs."""
    readable = Run.objects.readable_by(user).filter(state=Run.State.SUCCEEDED)
    readable = readable.with_endpoint().light("arguments", "output").with_artifacts()
    sources = dict[uuid.UUID, Run]()
    level = [run]
    while level and (room := MOST_STEPS - 1 - len(sources)):
        names = {file["run"] for each in level for _, file in _results_in(each.arguments)}
        keys = set(map(uuid.UUID, names)) - {run.pk, *sources}
        rows = readable.in_bulk(keys).values() if keys else ()
        whole = (each for each in rows if each.arguments is not None and each.output is not None)
        level = sorted(whole, key=lambda each: each.created_at)[-room:]
        sources |= {each.pk: each for each in level}
    return list(sources.values())


def _places_of_results(runs: Iterable[Run]) -> dict[tuple[uuid.UUID, int], Path]:
    """Return where the outputs of these runs have their files, by run and position; one query."""
    places = {run.pk: _first_places(run.output) for run in runs}
    files = Artifact.objects.filter(run__in=places).values_list("run", "position", "url")
    return {(run, position): places[run][url] for run, position, url in files if url in places[run]}


def _first_places(output: Any) -> dict[str, Path]:
    """Return where an output has each of its texts first."""
    places = dict[str, Path]()
    for path, text in _texts(output):
        places.setdefault(text, path)
    return places


def _step(
    run: Run, ids: Mapping[uuid.UUID, str], places: Mapping[tuple[uuid.UUID, int], Path]
) -> Step:
    """Return the call of a run, with wires in the places of files that the others have made.

    Rows that only a wire fills leave the arguments, as `wiring.inserted` wants it.
    """
    arguments: Any = run.arguments or {}
    wires = []
    for to, file in _results_in(arguments):
        source = uuid.UUID(file["run"])
        path = places.get((source, int(file["position"])))
        if path is not None and source != run.pk:
            wires.append(Wire(to, ids[source], path))
    for wire in reversed(wires):  # the last row first, since the later ones move up
        arguments = without(arguments, wire.to)
    return Step(ids[run.pk], run.endpoint.endpoint_id, arguments, tuple(wires))


def _results_in(arguments: Any) -> Iterator[tuple[Path, re.Match[str]]]:
    """Yield the places in arguments that name a result of ours, with its run and position."""
    for path, text in _texts(arguments):
        file = OUR_ADDRESS.fullmatch(text)
        if file and file["run"]:
            yield path, file


class _Inputs:
    """Collects the open inputs; equal values are one input with several targets."""

    def __init__(self) -> None:
        self._by_value: dict[str, tuple[str, list[tuple[str, Path]]]] = {}

    def add_of(self, step: Step, root: Field) -> None:
        """Add the files that were given to a step, and if it begins the chain, its prompts."""
        for path, files in _given_files(step):
            self._add(files, step, path, root)
        if step.wires:
            return
        for taker in inputs_of(root):
            path = tuple(names_in(taker.path))
            text = value_at(step.arguments, path)
            if taker.kind == "text" and APPEND not in path and isinstance(text, str) and text:
                self._add(text, step, path, root)

    def _add(self, value: Any, step: Step, path: Path, root: Field) -> None:
        label = field_at(root, path).label or str(path[-1])
        _, targets = self._by_value.setdefault(json.dumps(value), (label, []))
        targets.append((step.id, path))

    def as_inputs(self) -> Iterable[Input]:
        """Yield the inputs with names of their own: `image_url`, `image_url_2`."""
        used_names = set[str]()
        for label, targets in self._by_value.values():
            parts = [part for part in targets[0][1] if isinstance(part, str)]
            base = re.sub(r"\W+", "_", parts[-1], flags=re.ASCII).strip("_")[:60] or "input"
            names = (base if number == 1 else f"{base}_{number}" for number in range(1, 1000))
            name = next(name for name in names if name not in used_names)
            used_names.add(name)
            yield Input(name, label, tuple(targets))


def _given_files(step: Step) -> Iterator[tuple[Path, Any]]:
    """Yield the places of files in a step's arguments that no step of the chain makes.

    A list of nothing but such files is one place, so that it may get more or fewer of them.
    """
    lists_with_wires = {wire.to[:-1] for wire in step.wires}
    yielded = set[Path]()
    for path, text in _texts(step.arguments):
        if not _is_file(text):
            continue
        above = path[:-1]
        rows = value_at(step.arguments, above)
        is_list = isinstance(rows, list) and bool(above) and above not in lists_with_wires
        place, files = (above, rows) if is_list and all(map(_is_file, rows)) else (path, text)
        if place not in yielded:
            yielded.add(place)
            yield place, files


def _is_file(value: Any) -> bool:
    """Whether a value is the address of a file: of ours, of another host, or the file itself."""
    is_text = isinstance(value, str)
    return is_text and begins_as_address(value) and not re.search(r"\s", value)


def _texts(value: Any) -> Iterator[tuple[Path, str]]:
    """Yield the texts of a JSON value with their paths, in its order."""
    rest: list[tuple[Path, Any]] = [((), value)]
    looked_at = 0
    while rest and looked_at < _MOST_LEAVES:
        path, here = rest.pop()
        looked_at += 1
        if isinstance(here, str):
            yield path, here
        elif isinstance(here, dict):
            rest += [((*path, key), below) for key, below in here.items()][::-1]
        elif isinstance(here, list):
            rest += [((*path, place), below) for place, below in enumerate(here)][::-1]
