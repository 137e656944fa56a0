"""Replaces a step's model with another one, and lists what is kept and lost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from features.flows.compose.chain import path_of, with_open_inputs
from features.flows.compose.definition import APPEND, Definition, Input, Step, Wire
from features.flows.compose.editing import label_of
from features.flows.compose.form import Versions
from features.flows.compose.outputs import outputs_of
from schemas.carry import Carried, carry
from schemas.changes.migrate_arguments import Version
from schemas.uses.inputs import inputs_of


@dataclass(frozen=True)
class SwapResult:
    """The flow with the other model; sentences describe the changed and the lost settings."""

    definition: Definition
    changed: tuple[str, ...]
    lost: tuple[str, ...]


def swap(
    definition: Definition, name: str, endpoint: str, version: Version, versions: Versions
) -> SwapResult:
    """Return the flow with `endpoint` (of the schema `version`) as the model of the step `name`.

    The definition contains the step; `versions` has the schemas of its models.
    """
    step, former = definition.step(name), versions.get(name)
    if step is None:
        raise LookupError(name)
    carried = carry(step.arguments, former, version)
    wires, lost_wires = _wires(step, former, version)
    wired = {wire.to[0] for wire in wires}
    arguments = {key: v for key, v in carried.arguments.items() if key not in wired}
    now = Step(name, endpoint, arguments, wires)
    places = {step.source: step.target for step in carried.steps if step.target}
    inputs, unasked = _inputs(definition.inputs, now, version, places)
    changed_definition = replace(definition.with_step(now), inputs=inputs)
    changed_definition, unfed = _followers(changed_definition, name, former, version)
    changed_definition = with_open_inputs(changed_definition, now, version)
    for before in definition.followers(name):
        follower = changed_definition.step(before.id)
        if follower and follower.wires != before.wires and before.id in versions:
            changed_definition = with_open_inputs(changed_definition, follower, versions[before.id])
    dropped = (change.sentence for change in carried.steps_of("dropped"))
    all_lost = (*lost_wires, *unasked, *unfed, *dropped)
    return SwapResult(changed_definition, tuple(_changes(carried)), tuple(dict.fromkeys(all_lost)))


def _changes(carried: Carried) -> Iterable[str]:
    return (
        change.sentence for kind in ("converted", "clamped") for change in carried.steps_of(kind)
    )


def _wires(
    step: Step, former: Version | None, version: Version
) -> tuple[tuple[Wire, ...], list[str]]:
    """Return a step's wires, each moved to a place of the same kind, and the lost ones."""
    kinds = {path_of(taker): taker.kind for taker in (inputs_of(former.root) if former else ())}
    takers = inputs_of(version.root)
    wires: list[Wire] = []
    losses = []
    for wire in step.wires:
        kind = kinds.get(wire.to, "")
        # seedream's `image_urls` replaces kling's `image_url`: the kind decides before the name.
        fits = [path_of(field) for field in takers if field.kind == kind]
        # Two wires into one field would overwrite each other; a list takes both.
        free = [to for to in fits if APPEND in to or to not in {other.to for other in wires}]
        place = wire.to if wire.to in free else next(iter(free), None)
        if place is None:
            losses.append(f"what it took from another step as {label_of(former, wire.to)}")
        else:
            wires.append(replace(wire, to=place))
    return tuple(wires), losses


def _inputs(
    inputs: Iterable[Input], step: Step, version: Version, places: dict[str, str]
) -> tuple[tuple[Input, ...], list[str]]:
    """Return the open inputs with their places in the other model, and the lost ones."""
    field_names = {child.name for child in version.root.children}
    wired = {wire.to[0] for wire in step.wires}
    remaining: list[Input] = []
    losses = []
    for field in inputs:
        targets = []
        for name, path in field.targets:
            if name != step.id:
                targets.append((name, path))
                continue
            first = places.get(str(path[0]), str(path[0]))
            if first in field_names and first not in wired:
                # Below a field whose values moved to another field, places have other names.
                targets.append((name, (first, *path[1:]) if first == path[0] else (first,)))
        if targets:
            remaining.append(replace(field, targets=tuple(targets)))
        else:
            losses.append(f"the open input “{field.label}”")
    return tuple(remaining), losses


def _followers(
    definition: Definition, name: str, former: Version | None, version: Version
) -> tuple[Definition, list[str]]:
    """Return the definition with later steps rewired to outputs of the same kind, and losses."""
    before = {output.path: output.kind for output in (outputs_of(former) if former else ())}
    offered = outputs_of(version)
    losses = []
    for follower in definition.followers(name):
        wires = []
        for wire in follower.wires:
            kind = before.get(wire.path, "")
            fits = [output.path for output in offered if output.kind == kind]
            if wire.step != name or not offered:  # without a schema any output may exist
                wires.append(wire)
            elif fits:
                path = wire.path if wire.path in fits else fits[0]
                wires.append(replace(wire, path=path))
            else:
                number = definition.number(follower.id)
                losses.append(f"what step {number} takes from it")
        definition = definition.with_step(replace(follower, wires=tuple(wires)))
    return definition, losses
