"""Reads a workflow's definition: its inputs, its results, its models (15.2, 15.3, C61).

Tolerant: both dialects, an envelope and an editor's copy are read, and unknown keys are ignored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from fal.db_safe import db_safe
from schemas.document.openapi import as_dict
from schemas.exact import NotJson, loads

MAX_VALUES = 100_000  # lists, objects and their entries
MAX_FIELDS = 1_000  # of the form
MAX_TEXT = 255
_INPUT = "$input."  # starts a text that stands for a field of the form (15.4)

NOT_JSON = "This is not JSON that can be read: {}."
TOO_MANY_FIELDS = "The form of the definition has {:,} fields; up to {:,} can be read."
NO_WORKFLOW = (
    "This is JSON, but not a workflow of fal: it has neither “nodes” nor a map of nodes with "
    "“type”."
)

Place = tuple[str | int, ...]  # of a value in a node


class Unreadable(ValueError):
    """The definition cannot be parsed; the message says why."""


class Reader(NamedTuple):
    """A place in a node that reads a field of the form, or with `is_part` a part of its value."""

    app: str  # the model that the node calls; empty if it calls none
    place: Place
    is_part: bool


@dataclass(frozen=True)
class Workflow:
    """What a definition says, in either dialect."""

    nodes: Mapping[str, dict[str, Any]]
    inputs: Mapping[str, Any]  # field → its description, in one of three notations (15.5)
    output: Mapping[str, Any]  # name → reference: the result of a run
    description: str = ""
    output_schema: Mapping[str, Any] = field(default_factory=dict)
    is_of_editor: bool = True  # dialect B; dialect A is that of `workflows/execute`

    @property
    def endpoint_ids(self) -> list[str]:
        """Return the models that it calls, without duplicates."""
        return list(dict.fromkeys(filter(None, map(_app, self.nodes.values()))))

    @cached_property
    def readers(self) -> Mapping[str, list[Reader]]:
        """Map each field of the form to the places that read it, in order."""
        readers: dict[str, list[Reader]] = {}
        for node in self.nodes.values():
            for part in ("input", "fields"):
                for place, text in _texts(node.get(part), ()):
                    if not text.startswith(_INPUT):
                        continue
                    name, _, path = text.removeprefix(_INPUT).partition(".")
                    readers.setdefault(name, []).append(Reader(_app(node), place, bool(path)))
        return readers


def load(text: str) -> Workflow:
    """Parse a definition from its JSON text; raises Unreadable."""
    try:
        raw = db_safe(loads(text, MAX_VALUES))
    except NotJson as error:
        raise Unreadable(NOT_JSON.format(error)) from error
    workflow = _read(as_dict(raw))
    described = as_dict(workflow.inputs.get("properties")) or workflow.inputs
    count = len({*described, *workflow.readers})
    if count > MAX_FIELDS:
        raise Unreadable(TOO_MANY_FIELDS.format(count, MAX_FIELDS))
    return workflow


def _read(document: dict[str, Any]) -> Workflow:
    inner = document.get("workflow")  # of a Platform API response, or the body of an inline run
    envelope = inner if isinstance(inner, dict) and not _is_node(inner) else document
    contents = as_dict(envelope.get("contents")) or envelope
    nodes = contents.get("nodes")
    if isinstance(nodes, dict | list) and not _is_node(nodes):
        return _read_b(contents, nodes)
    if envelope and all(_is_node(node) for node in envelope.values()):
        return _read_a(envelope)
    raise Unreadable(NO_WORKFLOW)


def _is_node(value: Any) -> bool:
    """Whether a value of a flat map is a node of dialect A."""
    return isinstance(value, dict) and isinstance(value.get("type"), str)


def _read_a(nodes: dict[str, Any]) -> Workflow:
    first = next((node for node in nodes.values() if node["type"] == "input"), None)
    fields = as_dict(first and first.get("input"))
    inputs = {name: _plain_input(value) for name, value in fields.items()}
    return Workflow(nodes, inputs, _displayed(nodes), is_of_editor=False)


def _plain_input(value: Any) -> dict[str, Any]:
    """Return a field of dialect A's input node, which only has a default; `""` means none."""
    kinds = {bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}
    fields: dict[str, Any] = {"type": kinds.get(type(value), "string")}
    return fields | ({"default": value} if value not in ("", None) else {"required": True})


def _read_b(contents: Mapping[str, Any], raw_nodes: Any) -> Workflow:
    if isinstance(raw_nodes, list):  # an example of the Platform API has `nodes: []`
        raw_nodes = dict(enumerate(raw_nodes))
    nodes = {str(key): as_dict(node) for key, node in raw_nodes.items()}
    schema = as_dict(contents.get("schema"))
    output = contents.get("output")
    return Workflow(
        nodes,
        as_dict(schema.get("input")),
        output if isinstance(output, dict) else _displayed(nodes),
        description=_text(as_dict(contents.get("metadata")).get("description")),
        output_schema=as_dict(schema.get("output")),
    )


def _displayed(nodes: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """Return what the display nodes show, which is the default result (15.3)."""
    fields: dict[str, Any] = {}
    for node in nodes.values():
        if node.get("type") == "display":
            displayed = node.get("fields")
            if isinstance(displayed, list):  # the SDK writes a plain list of references
                displayed = {str(place): value for place, value in enumerate(displayed)}
            fields |= as_dict(displayed)
    return fields


def _app(node: Mapping[str, Any]) -> str:
    """Return the model that a node calls; empty if it calls none."""
    return _text(node.get("app")) if node.get("type") == "run" else ""


def _text(value: Any) -> str:
    return value[:MAX_TEXT] if isinstance(value, str) else ""


def _texts(value: Any, place: Place) -> Iterator[tuple[Place, str]]:
    """Yield the texts in a value with their places."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict | list):
        parts = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in parts:
            yield from _texts(item, (*place, key))
