"""Exports a flow as our own JSON, or as fal's workflow in either dialect (protocol, 15)."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

from flows.compose.definition import Definition, Invalid, Step
from flows.compose.outputs import outputs_of, path_in_words
from flows.compose.wiring import field_at, inserted, value_at, with_value
from flows.graph import reading, writing
from flows.graph.graph import Dialect, Graph, Node
from flows.graph.references import TooDeep, TooLong
from flows.transfer.importing import definition_of
from schemas.changes.migrate_arguments import Version
from schemas.fields import MISSING, Field, Kind

FORMAT = "vitrine-flow"
LITERAL = (
    "Step {} has a value that begins with “$”: “{}”. fal would read it as a reference, and "
    "there is no known way to escape it. Change it, or export as our own JSON."
)
NOT_EXPRESSIBLE = (
    "A step's arguments are nested too deep for fal's workflows, or a wire's path is too long. "
    "Export as our own JSON."
)
# Every other kind is a text in the form of fal's editor.
_TYPES: dict[Kind, str] = {
    "boolean": "boolean",
    "integer": "integer",
    "number": "number",
    "list": "array",
}


def own(name: str, definition: Definition) -> dict[str, Any]:
    """Return the flow as our own JSON, which can be imported again."""
    return {"format": FORMAT, "name": name, **definition.as_json()}


def workflow(
    name: str,
    definition: Definition,
    versions: Mapping[str, Version],
    dialect: Dialect,
    imported: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the flow as a workflow of fal's; raises Invalid for what that format cannot express.

    An imported flow (`imported` is the original) that was not changed is returned as it was.
    """
    if imported and (graph := _unchanged(definition, imported)):
        return writing.definition(graph, dialect)
    try:
        return writing.definition(graph_of(name, definition, versions), dialect)
    except (TooDeep, TooLong) as error:
        raise Invalid(NOT_EXPRESSIBLE) from error


def _unchanged(definition: Definition, imported: dict[str, Any]) -> Graph | None:
    """Return the imported workflow's graph, if the flow is still equal to it."""
    try:
        graph = reading.parse_graph(imported)
        return graph if definition_of(graph) == definition else None
    except (reading.Unreadable, Invalid):
        return None


def graph_of(name: str, definition: Definition, versions: Mapping[str, Version]) -> Graph:
    """Return the flow as a graph of fal's nodes; outputs that no step uses are its result."""
    nodes = {step.id: _node(definition, step) for step in definition.steps}
    inputs = {field.name: _input(definition, versions, field.name) for field in definition.inputs}
    output: dict[str, str] = {}
    for step in definition.steps:
        if not definition.followers(step.id):
            output |= _results(definition, step, versions.get(step.id), output)
    return Graph("B", nodes, inputs, output, title=name, name=writing.name_of(name))


def _node(definition: Definition, step: Step) -> Node:
    number = definition.number(step.id)
    _require_no_literal(number, step.arguments)
    written: Any = copy.deepcopy(step.arguments)
    depends = list(step.sources)
    for field in definition.inputs:
        for name, path in field.targets:
            if name == step.id:
                written = with_value(written, path, f"$input.{field.name}")
                depends = ["input", *(d for d in depends if d != "input")]
    for wire in step.wires:
        reference = f"${wire.step}" + "".join(f".{part}" for part in wire.path)
        written = inserted(written, wire.to, reference)
    return Node(step.id, "run", step.endpoint, written, tuple(depends))


def _require_no_literal(number: int, value: Any) -> None:
    if isinstance(value, str) and value.startswith("$"):
        raise Invalid(LITERAL.format(number, value[:60]))
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            _require_no_literal(number, part)


def _input(definition: Definition, versions: Mapping[str, Version], name: str) -> dict[str, Any]:
    """Return a field of the workflow's form in the notation of fal's editor (15.5)."""
    flow_input = next(field for field in definition.inputs if field.name == name)
    step_id, path = flow_input.targets[0]
    version, step = versions.get(step_id), definition.step(step_id)
    field = field_at(version.root, path) if version else Field(kind="string")
    kind: Any = _TYPES.get(field.kind, "string")
    if kind == "array":
        item = _TYPES.get(field.item.kind, "string") if field.item else "string"
        kind = {"kind": "list", "elementType": item}
    exported = {"name": name, "label": flow_input.label, "type": kind, "modelId": step_id}
    if field.is_required:
        exported["required"] = True
    default = value_at(step.arguments, path) if step else MISSING
    return exported if default is MISSING else exported | {"default": default}


def _results(
    definition: Definition, step: Step, version: Version | None, used: Mapping[str, str]
) -> dict[str, str]:
    """Return names and references of a step's outputs; of an unknown schema, the whole output."""
    outputs = outputs_of(version) if version else []
    paths = [path_in_words(output.path) for output in outputs] or [""]
    results: dict[str, str] = {}
    for path in paths:
        base = re.sub(r"\W+", "_", path.split(".")[0], flags=re.ASCII) or "result"
        names = (base if n == 1 else f"{base}_{n}" for n in range(1, 1000))
        name = next(name for name in names if name not in used and name not in results)
        results[name] = f"${step.id}.{path}" if path else f"${step.id}"
    return results
