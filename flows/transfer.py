"""Imports and exports flows: our own JSON, or fal's workflow in either dialect (protocol, 15)."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.formatting import counted
from flows.compose.definition import (
    MOST_STEPS,
    Definition,
    Input,
    Invalid,
    Path,
    Step,
    Wire,
    parse_definition,
    require_sound,
)
from flows.compose.outputs import outputs_of, path_in_words
from flows.compose.wiring import field_at, inserted, value_at, with_value
from flows.graph import checks, reading, writing
from flows.graph.graph import INPUT, Dialect, Graph, Node, order
from flows.graph.inputs import fields_of
from flows.graph.references import Reference, TooDeep, TooLong, is_reference, parse
from schemas.changes.migrate_arguments import Version
from schemas.exact import is_larger_than
from schemas.fields import MISSING, Field, Kind

MAX_BYTES = reading.MAX_BYTES
UNTITLED = "Imported flow"
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


@dataclass(frozen=True)
class Imported:
    """A parsed flow. `document` is fal's original definition, which an export returns."""

    name: str
    definition: Definition
    document: dict[str, Any] | None = None
    dialect: str = ""


def require_small(size: int) -> None:
    """Raise Invalid if the content is larger than MAX_BYTES."""
    if size > MAX_BYTES:
        most = f"{MAX_BYTES / 1e6:.0f} MB"
        raise Invalid(f"This has {size / 1e6:.1f} MB; a flow may have {most}.")


def load(content: bytes) -> Imported:
    """Parse an export of ours or a workflow of fal's; raises Invalid with a message."""
    require_small(len(content))
    try:
        document = reading.parse(content)
        if isinstance(document, dict) and isinstance(document.get("steps"), list):
            name = document.get("name")
            named = name.strip() if isinstance(name, str) else ""
            return Imported(named[:200] or UNTITLED, parse_definition(document))
        graph = reading.parse_graph(document)
    except reading.Unreadable as unreadable:
        raise Invalid(str(unreadable)) from unreadable
    title = " ".join((graph.title or graph.name or UNTITLED).split())
    return Imported(title[:200], definition_of(graph), dict(graph.raw), graph.dialect)


def definition_of(graph: Graph) -> Definition:
    """Return a workflow's run nodes as steps, its references as wires and open inputs.

    Display nodes only define what a result card shows. Raises Invalid with the node's name.
    """
    for wrong in checks.errors(graph):
        raise Invalid(f"Node “{wrong.node}”: {wrong.message}" if wrong.node else wrong.message)
    if len(graph.runs) > MOST_STEPS:
        raise Invalid(
            f"The workflow calls {counted(len(graph.runs), 'model')}; {MOST_STEPS} is the most."
        )
    reader = _Reader(graph)
    wanted = {node.id for node in graph.runs}
    steps = tuple(reader.step(graph.nodes[key]) for key in order(graph)[0] if key in wanted)
    definition = Definition(steps, reader.inputs())
    require_sound(definition)
    if is_larger_than(definition.as_json(), MAX_BYTES):  # a default is repeated wherever it is read
        raise Invalid("The flow is too large once defaults are copied to where they are read.")
    return parse_definition(definition.as_json())  # applies the same limits as to our own exports


class _Reader:
    """Converts nodes into steps, and collects where they read the workflow's input."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.fields = fields_of(graph)
        self.targets: dict[str, list[tuple[str, Path]]] = {}

    def step(self, node: Node) -> Step:
        """Return a run node as a step."""
        if not isinstance(node.input, dict):
            raise Invalid(f"Node “{node.id}”: its input is not a JSON object.")
        wires: list[Wire] = []
        arguments = self._without_references(node, node.input, (), (), wires)
        return Step(node.id, node.app, arguments, tuple(wires))

    def _without_references(
        self, node: Node, value: Any, place: Path, target: Path, wires: list[Wire]
    ) -> Any:
        """Return a value without its references. `kept` is its place in the remaining input."""
        if is_reference(value):
            return self._reference(node, parse(value, self.graph.nodes), place, target, wires)
        if isinstance(value, dict):
            parts = {
                key: self._without_references(node, part, (*place, key), (*target, key), wires)
                for key, part in value.items()
            }
            return {key: part for key, part in parts.items() if part is not MISSING}
        if isinstance(value, list):
            rows: list[Any] = []
            for number, part in enumerate(value):
                here, there = (*place, number), (*target, len(rows))
                row = self._without_references(node, part, here, there, wires)
                if row is not MISSING:
                    rows.append(row)
            return rows
        return value

    def _reference(
        self, node: Node, reference: Reference, place: Path, target: Path, wires: list[Wire]
    ) -> Any:
        """Record a reference; return an open input's default to put in its place."""
        if reference.node == INPUT and reference.path:
            name = reference.path[0]
            if len(reference.path) > 1:
                raise Invalid(
                    f"Node “{node.id}” reads a part of the input “{name}” ({reference.text[:80]}); "
                    "a flow passes inputs on only as a whole."
                )
            self.targets.setdefault(name, []).append((node.id, target))
            field = self.fields.get(name, {})
            default = field.get("default", MISSING)
            is_row = isinstance(target[-1], int)
            return "" if default is MISSING and is_row else default
        source = self.graph.nodes.get(reference.node)
        if source is None or not source.is_run:
            raise Invalid(
                f"Node “{node.id}” reads “{reference.text[:80]}”, which is not an output of "
                "a model."
            )
        path = tuple(int(part) if part.isdecimal() else part for part in reference.path)
        wires.append(Wire(place, reference.node, path))
        return MISSING

    def inputs(self) -> tuple[Input, ...]:
        """Return the open inputs that a step reads, in the order of the workflow's form."""
        inputs = []
        for name in [
            *self.fields,
            *(target for target in self.targets if target not in self.fields),
        ]:
            if targets := self.targets.get(name):
                field = self.fields.get(name, {})
                label = field.get("title") or field.get("label") or name
                named = label if isinstance(label, str) else name
                inputs.append(Input(name, named.replace("_", " ")[:200], tuple(targets)))
        return tuple(inputs)


def export_own(name: str, definition: Definition) -> dict[str, Any]:
    """Return the flow as our own JSON, which can be imported again."""
    return {"format": FORMAT, "name": name, **definition.as_json()}


def export_workflow(
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
