"""The form of a flow: its open inputs as one Field tree, rendered like a model's own form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from features.flows.compose.definition import Definition, Input, Path, Step
from features.flows.compose.wiring import field_at, with_sources
from runs.files.own_addresses import tidy_addresses
from schemas.fields import MISSING, Field
from schemas.fields.paths import value_at
from schemas.form.decode import Post, Problem, decode_post
from schemas.form.encode import encode_arguments
from schemas.validation import Version, unknown_keys

Versions = Mapping[str, Version]  # by step id; without steps whose model is gone


def form_root(definition: Definition, versions: Versions) -> Field:
    """Return the open inputs as the fields of an object."""
    fields = tuple(_field(field, definition, versions) for field in definition.inputs)
    return Field(kind="object", children=fields)


def _field(flow_input: Input, definition: Definition, versions: Versions) -> Field:
    step, path = flow_input.targets[0]
    version = versions.get(step)
    if version is None or not version.root.children:
        default = value_at((definition.step(step) or Step("", "", {})).arguments, path)
        kind = "string" if isinstance(default, str) or default is MISSING else "json"
        return Field(
            kind=kind,  # type: ignore[arg-type]
            name=flow_input.name,
            label=flow_input.label,
            help=flow_input.hint,
            is_important=True,
        )
    field = field_at(version.root, path)
    return replace(
        field,
        name=flow_input.name,
        label=flow_input.label,
        help=flow_input.hint or field.help,
        is_required=field.is_required,
        is_important=True,
        is_advanced=False,
        is_hidden=False,
    )


def defaults(definition: Definition) -> dict[str, Any]:
    """Return the default values of the open inputs: the arguments at their first targets."""
    values = {}
    for field in definition.inputs:
        name, path = field.targets[0]
        step = definition.step(name)
        value = value_at(step.arguments, path) if step else MISSING
        if value is not MISSING:
            values[field.name] = value
    return values


def first_post(definition: Definition, versions: Versions) -> dict[str, list[str]]:
    """Return the initial post of the form."""
    return encode_arguments(form_root(definition, versions), defaults(definition))


def answers(
    definition: Definition, versions: Versions, post: Post
) -> tuple[dict[str, Any], list[Problem]]:
    """Return the values in a post of the form, by input, and problems with unparsable ones."""
    decoded = decode_post(form_root(definition, versions), post)
    return tidy_addresses(decoded.arguments), decoded.problems


def problems_of(
    definition: Definition, versions: Versions
) -> tuple[list[Problem], dict[str, list[str]]]:
    """Return the models' validation problems for a definition with its inputs filled in.

    First the problems of open inputs, at their place in the form; then the problems of settings
    that the form does not ask for, by step.
    """
    at_inputs: list[Problem] = []
    at_steps: dict[str, list[str]] = {}
    for step in definition.steps:
        version = versions.get(step.id)
        if version is None or not version.root.children:
            continue
        for problem in version.problems(with_sources(step, version.root)):
            place = place_in_form(definition.inputs, step.id, problem.path)
            if place is None:
                at_steps.setdefault(step.id, []).append(problem.message)
            else:
                at_inputs.append(Problem(place, problem.message))
    return list(dict.fromkeys(at_inputs)), at_steps


def unknown_in(definition: Definition, versions: Versions) -> list[Problem]:
    """Return the fields within open inputs that the models' schemas do not define."""
    places = [
        (place_in_form(definition.inputs, step.id, problem.path), problem.message)
        for step in definition.steps
        if (version := versions.get(step.id))
        for problem in unknown_keys(version.contract, step.arguments)
    ]
    return [*dict.fromkeys(Problem(place, message) for place, message in places if place)]


def place_in_form(inputs: Sequence[Input], step: str, path: Path) -> Path | None:
    """Return the place of a step's path in the form; None if the form does not ask for it."""
    for field in inputs:
        for name, target in field.targets:
            if name == step and path[: len(target)] == target:
                return (field.name, *path[len(target) :])
    return None
