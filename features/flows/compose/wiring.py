"""Inserts values into a step's arguments: outputs of earlier steps, and values of open inputs."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from features.flows.compose.definition import Definition, Path, Step, Wire
from schemas.fields import MISSING, Field, find
from schemas.fields.paths import APPEND, value_at, with_value, without

SAMPLES = {"text": "text"}
_SAMPLE_FILE = "https://v3.fal.media/files/sample.png"
_FIELD_ROW = 0  # every row of a list has the same field


class NotThere(LookupError):
    """An output has no value at a wire's path."""

    def __init__(self, wire: Wire) -> None:
        super().__init__(wire)
        self.wire = wire


def filled(step: Step, root: Field, outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return a step's arguments with the outputs of the steps that it waits for.

    Raises NotThere if an output has no value for a wire.
    """
    arguments: Any = copy.deepcopy(step.arguments)
    for wire in step.wires:
        value = value_at(outputs.get(wire.step), wire.path)
        if value is MISSING or value is None:
            raise NotThere(wire)
        arguments = inserted(arguments, wire.to, as_taken(field_at(root, wire.to), value))
    return dict(arguments)


def inserted(value: Any, to: Path, new: Any) -> Any:
    """Set a value like `with_value`, but a number at the end inserts a row before later ones.

    The arguments lack the rows that wires fill: `["$a", "x"]` is stored as `["x"]`.
    """
    *parent_path, last = to
    rows = value_at(value, tuple(parent_path)) if APPEND not in parent_path else MISSING
    if isinstance(last, int) and isinstance(rows, list) and last < len(rows):
        return with_value(value, tuple(parent_path), [*rows[:last], new, *rows[last:]])
    return with_value(value, to, new)


def field_at(root: Field, to: Path) -> Field:
    """Return the field at a place in the arguments, or its deepest known ancestor."""
    return find(root, tuple(_FIELD_ROW if part == APPEND else part for part in to))


def as_taken(field: Field, value: Any) -> Any:
    """Return an output's value as a field takes it: a file as its address, one file as a list."""
    if field.kind == "list" and field.item:
        rows = value if isinstance(value, list) else [value]
        return [as_taken(field.item, row) for row in rows]
    # A wire brings a File or a list of them; `image_url` takes one address, `image_urls` many.
    is_text = any(alternative.kind == "string" for alternative in (field, *field.branches))
    if is_text and isinstance(value, list) and value:
        value = value[0]
    if is_text and isinstance(value, dict) and isinstance(value.get("url"), str):
        return value["url"]
    return value


def with_sources(step: Step, root: Field) -> dict[str, Any]:
    """Return a step's arguments with samples in all wired places, to find missing values."""
    arguments: Any = copy.deepcopy(step.arguments)
    for wire in step.wires:
        field = field_at(root, wire.to)
        sample = _SAMPLE_FILE if field.media or field.kind != "string" else SAMPLES["text"]
        arguments = inserted(arguments, wire.to, as_taken(field, sample))
    return dict(arguments)


def answered(definition: Definition, values: Mapping[str, Any]) -> Definition:
    """Return the definition with the `values` of open inputs, by input name, as arguments.

    Fields of inputs without a value are left out.
    """
    for field in definition.inputs:
        for name, path in field.targets:
            step = definition.step(name)
            if step is None:
                continue
            answer = values.get(field.name, MISSING)
            arguments = (
                without(step.arguments, path)
                if answer is MISSING
                else with_value(step.arguments, path, copy.deepcopy(answer))
            )
            definition = definition.with_step(Step(step.id, step.endpoint, arguments, step.wires))
    return definition


def path_in_words(path: Path) -> str:
    """Return a path in fal's notation after a node's name: `images.0.url`."""
    return ".".join(map(str, path))


def replaced(value: Any, addresses: Mapping[str, str]) -> Any:
    """Return a JSON value with our addresses instead of upstream's, which expire."""
    if isinstance(value, str):
        return addresses.get(value, value)
    if isinstance(value, dict):
        return {key: replaced(below, addresses) for key, below in value.items()}
    if isinstance(value, list):
        return [replaced(below, addresses) for below in value]
    return value
