"""Finds what is wrong with a graph, and the node that each problem concerns (15.4, C62)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from features.flows.graph.graph import INPUT, Graph, Node, circle
from features.flows.graph.references import Reference

MOST_SHOWN = 50


@dataclass(frozen=True)
class Problem:
    """A sentence about a node, or the workflow if `node` is empty. Warnings do not stop a run."""

    node: str
    message: str
    is_warning: bool = False


def problems(graph: Graph) -> list[Problem]:
    """Return the problems of a graph, errors first, up to MOST_SHOWN."""
    problems = [*_of_graph(graph)]
    for node in graph.nodes.values():
        problems += _of_node(graph, node)
    problems.sort(key=lambda problem: problem.is_warning)
    return problems[:MOST_SHOWN]


def errors(graph: Graph) -> list[Problem]:
    """Return the problems that prevent a run."""
    return [problem for problem in problems(graph) if not problem.is_warning]


def _of_graph(graph: Graph) -> Iterator[Problem]:
    if not graph.runs:
        yield Problem("", "It calls no model: there is no node of the type “run”.")
    if nodes := circle(graph):
        path = " → ".join([*map(_short, nodes), _short(nodes[0])])
        yield Problem(nodes[0], f"These nodes wait for each other in a circle: {path}.")
    for reference in graph.output_references:
        if not reference.node:
            name = reference.place[0] if reference.place else ""
            yield Problem(
                "", f"The result “{name}” reads {_short(reference.text)}: {_no_node(reference)}"
            )


def _of_node(graph: Graph, node: Node) -> Iterator[Problem]:
    inner_id = node.raw.get("id", node.id)
    if inner_id != node.id:
        yield Problem(node.id, f"Its id is “{_short(str(inner_id))}”, but its key is another.")
    if not node.is_known:
        kind = _short(node.kind) or "none"
        yield Problem(node.id, f"Its type “{kind}” is unknown here, so it is not run.", True)
    if node.is_run and not node.app:
        yield Problem(node.id, "It does not say which model it calls (“app”).")
    for source in node.depends:
        if source != INPUT and source not in graph.nodes:
            yield Problem(node.id, f"It depends on “{_short(source)}”, a node that is not there.")
    if node.id in node.depends:
        yield Problem(node.id, "It depends on itself.")
    for reference in graph.references_of(node):
        yield from _of_reference(graph, node, reference)


def _of_reference(graph: Graph, node: Node, reference: Reference) -> Iterator[Problem]:
    place = ".".join(map(str, reference.place))
    if not reference.node:
        yield Problem(node.id, f"“{place}” reads {_short(reference.text)}: {_no_node(reference)}")
    elif reference.node == INPUT and reference.path and INPUT not in graph.nodes:
        if graph.inputs and not _has_input(graph, reference.path[0]):
            message = (
                f"“{place}” reads the input “{_short(reference.path[0])}”, which the form lacks."
            )
            yield Problem(node.id, message, True)
    elif reference.node not in node.depends and reference.node != INPUT:
        message = (
            f"“{place}” reads the node “{_short(reference.node)}”, which “depends” does not list."
        )
        yield Problem(node.id, message)


def _has_input(graph: Graph, name: str) -> bool:
    fields = graph.inputs.get("properties") if graph.inputs.get("type") == "object" else None
    return name in (fields if isinstance(fields, dict) else graph.inputs)


def _no_node(reference: Reference) -> str:
    return f"there is no node “{_short(reference.path[0] if reference.path else reference.text)}”."


def _short(text: str, most: int = 80) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
