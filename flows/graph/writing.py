"""Writes a graph as a definition, in its own dialect (unchanged) or the other (15.3, advice)."""

from __future__ import annotations

import json
import re
from typing import Any

from flows.graph.graph import INPUT, Dialect, Graph, Node
from flows.graph.inputs import fields_of

VERSION = "1"  # as fal's editor writes it
NAME = re.compile(r"[^a-zA-Z0-9_-]+")


def dumps(graph: Graph, dialect: Dialect | None = None) -> str:
    """Return the definition as JSON text."""
    return json.dumps(definition(graph, dialect), ensure_ascii=False, indent=2)


def definition(graph: Graph, dialect: Dialect | None = None) -> dict[str, Any]:
    """Return the definition as JSON values; in its own dialect it is unchanged."""
    wanted = dialect or graph.dialect
    if graph.raw and wanted == graph.dialect:
        return dict(graph.raw)
    return _as_a(graph) if wanted == "A" else _as_b(graph)


def name_of(title: str) -> str:
    """Return a name that fal accepts (`^[a-zA-Z0-9_-]+$`, up to 128) for a title."""
    return NAME.sub("-", title).strip("-")[:128] or "workflow"


def _as_a(graph: Graph) -> dict[str, Any]:
    """Return a flat map: an input node, the run nodes, one display node with the result."""
    fields = fields_of(graph)
    values = {name: schema.get("default", "") for name, schema in fields.items()}
    nodes: dict[str, Any] = {INPUT: {"id": INPUT, "type": "input", "depends": [], "input": values}}
    nodes |= {node.id: _run_node(node) for node in graph.runs}
    key = _free("output", nodes)
    depends = [source for source in graph.output_sources() if source in nodes]
    nodes[key] = {
        "id": key, "type": "display", "depends": depends, "fields": dict(graph.output)
    }  # fmt: skip
    return nodes


def _as_b(graph: Graph) -> dict[str, Any]:
    """Return an exported envelope: no input node, its fields in `schema.input` (15.3)."""
    nodes = {node.id: _run_node(node) for node in graph.runs}
    shown = [node for node in graph.nodes.values() if node.kind == "display"]
    for node in shown:
        nodes[node.id] = {
            "type": "display", "id": node.id, "depends": list(node.depends),
            "input": {}, "fields": node.fields,
        }  # fmt: skip
    if not shown:
        key = _free("output", nodes)
        nodes[key] = {
            "type": "display", "id": key, "depends": graph.output_sources(),
            "input": {}, "fields": dict(graph.output),
        }  # fmt: skip
    title = graph.title or "Workflow"
    return {
        "name": graph.name or name_of(title),
        "title": title,
        "is_public": False,
        "contents": {
            "name": "workflow",
            "version": VERSION,
            "metadata": {"description": graph.description} if graph.description else {},
            "nodes": nodes,
            "output": dict(graph.output),
            "schema": {
                "input": {
                    name: _field(graph, name, field) for name, field in fields_of(graph).items()
                },
                "output": dict(graph.output_schema)
                or {name: {"name": name, "label": _label(name)} for name in graph.output},
            },
        },
    }


def _run_node(node: Node) -> dict[str, Any]:
    written = {
        "type": "run", "id": node.id, "depends": list(node.depends),
        "app": node.app, "input": node.input,
    }  # fmt: skip
    metadata = node.raw.get("metadata")
    return written | ({"metadata": metadata} if isinstance(metadata, dict) else {})


def _field(graph: Graph, name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Return a field in the editor's notation (15.5)."""
    kind: Any = schema.get("type", "string")
    if kind == "array":
        item = schema.get("items")
        element = item.get("type", "string") if isinstance(item, dict) else "string"
        kind = {"kind": "list", "elementType": element}
    copied = ("description", "required", "default", "examples", "ui")
    field = {"name": name, "label": schema.get("title") or _label(name), "type": kind}
    field |= {key: schema[key] for key in copied if key in schema}
    reader = next((node.id for node, _ in graph.readers.get(name, ()) if node.is_run), None)
    return field | ({"modelId": reader} if reader else {})


def _label(name: str) -> str:
    return name.replace("_", " ").strip().capitalize()


def _free(wanted: str, used: dict[str, Any]) -> str:
    """Return an id that no node has."""
    return wanted if wanted not in used else _free(f"{wanted}-result", used)
