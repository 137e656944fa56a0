"""Parses definitions into graphs: both dialects, an envelope, an editor's copy (15.2, 15.3, C61).

Tolerant: missing values get fal's usual defaults, unknown keys and nodes stay in `raw`. Definitions
that cannot be parsed at all raise Unreadable with a message.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fal.db_safe import db_safe
from features.flows.graph.graph import Graph, Node
from features.flows.graph.references import ID_CHARS, REFERENCE_CHARS, TooDeep, TooLong, count_up_to
from schemas.document.openapi import as_dict
from schemas.exact import NotJson, loads

MAX_BYTES = 2_000_000
MAX_VALUES = 100_000  # lists, objects and their entries
MAX_NODES = 500
MAX_FIELDS = 1_000  # of the form
MAX_LINKS = 5_000  # references and entries of “depends”, in all nodes together
MAX_TEXT = 255

NOT_JSON = "This is not JSON that can be read: {}."
TOO_DEEP = "The definition is nested too deep to be read."
TOO_LARGE = "The definition has {:.1f} MB; definitions of up to {:.0f} MB can be read."
TOO_MANY = "The definition has {:,} nodes; up to {} can be read."
TOO_MANY_FIELDS = "The form of the definition has {:,} fields; up to {:,} can be read."
TOO_LONG = f"A text that starts with “$” is longer than {REFERENCE_CHARS:,} characters."
LONG_ID = "The node “{}…” has an id of {:,} characters; up to {} can be read."
TOO_TANGLED = "Its nodes have more than {:,} references to each other; no more can be read."
NO_WORKFLOW = (
    "This is JSON, but not a workflow of fal: it has neither “nodes” nor a map of nodes with "
    "“type”."
)


class Unreadable(ValueError):
    """The definition cannot be parsed; the message is shown to people."""


def load(text: str | bytes) -> Graph:
    """Parse a definition from its JSON text; raises Unreadable."""
    return parse_graph(parse(text))


def parse(text: str | bytes) -> Any:
    """Parse JSON, with texts made safe for databases and pages; raises Unreadable."""
    content = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    if len(content) > MAX_BYTES:
        raise Unreadable(TOO_LARGE.format(len(content) / 1e6, MAX_BYTES / 1e6))
    try:
        return db_safe(loads(content.decode("utf-8-sig"), MAX_VALUES))
    except UnicodeDecodeError as error:
        raise Unreadable("This is not a text in UTF-8.") from error
    except NotJson as error:
        raise Unreadable(NOT_JSON.format(error)) from error


def parse_graph(raw: Any) -> Graph:
    """Parse a definition from JSON values; raises Unreadable."""
    document = raw if isinstance(raw, dict) else {}
    try:
        graph = _read(document)
        _require_bounded(graph)
    except (TooDeep, RecursionError) as error:
        raise Unreadable(TOO_DEEP) from error
    except TooLong as error:
        raise Unreadable(TOO_LONG) from error
    return graph


def _require_bounded(graph: Graph) -> None:
    """Raise Unreadable, TooDeep or TooLong if the graph is too large, before processing it."""
    fields = max(len(graph.inputs), len(as_dict(graph.inputs.get("properties"))))
    if fields > MAX_FIELDS:
        raise Unreadable(TOO_MANY_FIELDS.format(fields, MAX_FIELDS))
    nodes = graph.nodes.values()
    values = [part for node in nodes for part in (node.input, node.fields)]
    link_count = count_up_to(MAX_LINKS + 1, [*values, dict(graph.output)])
    if link_count + sum(len(node.depends) for node in nodes) > MAX_LINKS:
        raise Unreadable(TOO_TANGLED.format(MAX_LINKS))
    _ = graph.sources, graph.output_references  # parses each reference once


def _read(document: dict[str, Any]) -> Graph:
    inner = document.get("workflow")  # of a Platform API response, or the body of an inline run
    envelope = inner if isinstance(inner, dict) and not _is_node(inner) else document
    contents = as_dict(envelope.get("contents")) or envelope
    nodes = contents.get("nodes")
    if isinstance(nodes, dict | list) and not _is_node(nodes):
        return _read_b(document, contents)
    if envelope and all(_is_node(node) for node in envelope.values()):
        return _read_a(document, envelope)
    raise Unreadable(NO_WORKFLOW)


def _is_node(value: Any) -> bool:
    """Whether a value of a flat map is a node of dialect A."""
    return isinstance(value, dict) and isinstance(value.get("type"), str)


def _read_a(document: dict[str, Any], flat: dict[str, Any]) -> Graph:
    nodes = _nodes(flat)
    first = next((node for node in nodes.values() if node.kind == "input"), None)
    fields = as_dict(first.input if first else {})
    inputs = {name: _plain_input(value) for name, value in fields.items()}
    return Graph("A", nodes, inputs, _displayed(nodes), raw=document)


def _plain_input(value: Any) -> dict[str, Any]:
    """Return a field of dialect A's input node, which only has a default; `""` means none."""
    kinds = {bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}
    fields: dict[str, Any] = {"type": kinds.get(type(value), "string")}
    return fields | ({"default": value} if value not in ("", None) else {"required": True})


def _read_b(document: dict[str, Any], contents: Mapping[str, Any]) -> Graph:
    raw_nodes: Any = contents.get("nodes")
    if isinstance(raw_nodes, list):  # an example of the Platform API has `nodes: []`
        node_values = [node for node in raw_nodes if isinstance(node, dict)]
        raw_nodes = {str(node.get("id", place)): node for place, node in enumerate(node_values)}
    nodes = _nodes(raw_nodes)
    schema = as_dict(contents.get("schema"))
    output = contents.get("output")
    return Graph(
        "B",
        nodes,
        as_dict(schema.get("input")),
        output if isinstance(output, dict) else _displayed(nodes),
        description=_text(as_dict(contents.get("metadata")).get("description")),
        output_schema=as_dict(schema.get("output")),
        raw=document,
    )


def _nodes(raw: Mapping[str, Any]) -> dict[str, Node]:
    if len(raw) > MAX_NODES:
        raise Unreadable(TOO_MANY.format(len(raw), MAX_NODES))
    if long := next((key for key in raw if len(str(key)) > ID_CHARS), ""):
        raise Unreadable(LONG_ID.format(long[:40], len(long), ID_CHARS))
    return {str(key): _node(str(key), as_dict(node)) for key, node in raw.items()}


def _node(key: str, raw: dict[str, Any]) -> Node:
    depends = raw.get("depends")
    return Node(
        id=key,
        kind=_text(raw.get("type")),
        app=_text(raw.get("app")),
        input=raw.get("input") if isinstance(raw.get("input"), dict | list) else {},
        depends=tuple(dict.fromkeys(map(str, depends))) if isinstance(depends, list) else (),
        fields=raw.get("fields") if isinstance(raw.get("fields"), dict | list) else {},
        raw=raw,
    )


def _displayed(nodes: Mapping[str, Node]) -> dict[str, Any]:
    """Return what the display nodes show, which is the default result (15.3)."""
    fields: dict[str, Any] = {}
    for node in nodes.values():
        if node.kind == "display":
            displayed = node.fields
            if isinstance(displayed, list):  # the SDK writes a plain list of references
                displayed = {str(place): value for place, value in enumerate(displayed)}
            fields |= displayed
    return fields


def _text(value: Any) -> str:
    return value.replace("\x00", "")[:MAX_TEXT] if isinstance(value, str) else ""
