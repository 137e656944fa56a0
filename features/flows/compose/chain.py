"""Builds a flow: starts it, appends a model to a step, removes a step."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from features.flows.compose.definition import (
    APPEND,
    MOST_STEPS,
    Definition,
    Input,
    Invalid,
    Path,
    Step,
    Wire,
)
from features.flows.compose.outputs import Output
from features.flows.compose.wiring import field_at, value_at, with_sources
from schemas.carry import carry
from schemas.changes.migrate_arguments import Version
from schemas.fields import MISSING, Field
from schemas.uses.inputs import Input as Taker
from schemas.uses.inputs import inputs_of, names_in
from schemas.validation import validate

FULL = f"A flow has at most {MOST_STEPS} steps."


def begin(endpoint: str, version: Version, arguments: dict[str, Any]) -> Definition:
    """Return a flow of one step that asks for the model's main fields."""
    step = Step("s1", endpoint, arguments)
    return with_open_inputs(Definition((step,)), step, version)


def then(
    definition: Definition,
    after: str,
    output: Output,
    endpoint: str,
    version: Version,
    taker: Taker,
    former: Version | None = None,
) -> Definition:
    """Return the flow with one more step, whose field `taker` gets an output of the step `after`.

    `former` is the schema of the step before: texts that the new model requires, such as a prompt,
    start with that step's values, and the form asks for them. Raises Invalid if the flow is full.
    """
    if len(definition.steps) >= MOST_STEPS:
        raise Invalid(FULL)
    source = definition.step(after)
    if source is None:
        raise Invalid(f"“{after}” is not a step of this flow.")
    wire = Wire(path_of(taker), after, output.path)
    draft = Step(_free_id(definition), endpoint, {}, (wire,))
    # A picture's prompt mostly suits the film made from it: kling/v2.1 after flux/dev.
    arguments = carry(source.arguments, former, version).arguments if former else {}
    texts = {
        field.path: arguments[field.path]
        for field in inputs_of(version.root)
        if field.kind == "text"
        and field.path in arguments
        and field is not taker
        and field.path != taker.path
    }
    names = {path[0] for path in missing_places(draft, version)}
    step = replace(draft, arguments={name: v for name, v in texts.items() if name in names})
    longer = replace(definition, steps=(*definition.steps, step))
    return with_open_inputs(longer, step, version)


def path_of(taker: Taker) -> Path:
    """Return the path of a schema's input in the arguments; `"*"` appends a row to a list."""
    return tuple(names_in(taker.path))


def _free_id(definition: Definition) -> str:
    used_ids = {step.id for step in definition.steps}
    return next(name for n in range(1, 1000) if (name := f"s{n}") not in used_ids)


def with_open_inputs(definition: Definition, step: Step, version: Version) -> Definition:
    """Return the flow with open inputs for the fields of a step that users mostly want to choose.

    These are the main prompts and files without a wire, and all required fields.
    """
    wired = {wire.to[0] for wire in step.wires}
    main = [
        path_of(taker)[:1]
        for taker in inputs_of(version.root)
        # Places in a list's rows, such as `loras.*.path`, are optional like the list.
        if taker.is_required and len(path_of(taker)) <= 1 + (APPEND in path_of(taker))
    ]
    places = [path for path in main if path[0] not in wired]
    for path in dict.fromkeys([*places, *missing_places(step, version)]):
        field = field_at(version.root, path)
        # A place that the schema does not know has no field that could ask for it.
        if field.name == path[-1]:
            definition = with_input(definition, step.id, path, field)
    return definition


def missing_places(step: Step, version: Version) -> list[Path]:
    """Return the required places without argument or wire, also within wired rows."""
    arguments = with_sources(step, version.root)
    problems = validate(version.contract, arguments, version.root)
    missing = (problem.path for problem in problems if value_at(arguments, problem.path) is MISSING)
    return list(dict.fromkeys(missing))


def with_input(definition: Definition, step: str, path: Path, field: Field) -> Definition:
    """Return the flow with one more open input, for a place of a step."""
    if any((step, path) in field.targets for field in definition.inputs):
        return definition
    used_names = {field.name for field in definition.inputs}
    base = re.sub(r"\W+", "_", str(path[-1]), flags=re.ASCII).strip("_")[:60] or "input"
    name = next(
        name
        for n in range(1, 1000)
        if (name := base if n == 1 else f"{base}_{n}") not in used_names
    )
    added = Input(name, field.label or str(path[-1]), ((step, path),))
    return replace(definition, inputs=(*definition.inputs, added))


def without_step(definition: Definition, name: str) -> Definition:
    """Return the flow without a step; inputs that took its output become open or are left out."""
    steps = tuple(
        replace(step, wires=tuple(wire for wire in step.wires if wire.step != name))
        for step in definition.steps
        if step.id != name
    )
    inputs = (
        replace(field, targets=tuple(target for target in field.targets if target[0] != name))
        for field in definition.inputs
    )
    return Definition(steps, tuple(field for field in inputs if field.targets))
