"""A workflow as a graph of nodes: what both dialects express, and the original definition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from features.flows.graph.references import Reference, references

Dialect = Literal["A", "B"]
INPUT = "input"  # the virtual node: `$input.x` reads a field of the form
KINDS = frozenset({"input", "run", "display"})  # others are kept and shown, but not run


@dataclass(frozen=True)
class Node:
    """One node; `raw` is the node in the original definition."""

    id: str
    kind: str
    app: str = ""
    input: Any = field(default_factory=dict)
    depends: tuple[str, ...] = ()
    fields: Any = field(default_factory=dict)
    raw: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_run(self) -> bool:
        """Whether it calls a model."""
        return self.kind == "run"

    @property
    def is_known(self) -> bool:
        """Whether its kind is documented by fal for workflows."""
        return self.kind in KINDS


@dataclass(frozen=True)
class Graph:
    """A workflow. `raw` is the whole original definition, envelope included."""

    dialect: Dialect
    nodes: Mapping[str, Node]
    inputs: Mapping[str, Any]  # field → its description, in one of three spellings (15.5)
    output: Mapping[str, Any]  # name → reference: the result of a run
    description: str = ""
    output_schema: Mapping[str, Any] = field(default_factory=dict)
    raw: Mapping[str, Any] = field(default_factory=dict)

    @property
    def runs(self) -> list[Node]:
        """Return the nodes that call a model, in the definition's order."""
        return [node for node in self.nodes.values() if node.is_run]

    @property
    def endpoint_ids(self) -> list[str]:
        """Return the models that it calls, without duplicates."""
        return list(dict.fromkeys(node.app for node in self.runs if node.app))

    @cached_property
    def sources(self) -> Mapping[str, list[str]]:
        """Map each node to the nodes that it waits for or reads; these may not exist."""
        return {key: self._sources_of(node) for key, node in self.nodes.items()}

    @cached_property
    def _references(self) -> Mapping[str, list[Reference]]:
        return {
            key: [*references(node.input, self.nodes), *references(node.fields, self.nodes)]
            for key, node in self.nodes.items()
        }

    @cached_property
    def output_references(self) -> list[Reference]:
        """Return the references in the result."""
        return references(dict(self.output), self.nodes)

    @cached_property
    def readers(self) -> Mapping[str, list[tuple[Node, Reference]]]:
        """Map each input of the form to the nodes that read it or a part, in order."""
        readers: dict[str, list[tuple[Node, Reference]]] = {}
        for node in self.nodes.values():
            for reference in self.references_of(node):
                if reference.node == INPUT and reference.path:
                    readers.setdefault(reference.path[0], []).append((node, reference))
        return readers

    def references_of(self, node: Node) -> list[Reference]:
        """Return the references in a node's input and displayed fields; none of another graph's."""
        return self._references.get(node.id, [])

    def _sources_of(self, node: Node) -> list[str]:
        read_nodes = [reference.node for reference in self.references_of(node) if reference.node]
        return list(dict.fromkeys([*node.depends, *read_nodes]))


def order(graph: Graph) -> tuple[list[str], list[str]]:
    """Return the nodes in topological order, and those in or after a cycle."""
    open_sources = {
        key: {source for source in sources if source in graph.nodes}
        for key, sources in graph.sources.items()
    }
    behind: dict[str, list[str]] = {}
    for key, sources in open_sources.items():
        for source in sources:
            behind.setdefault(source, []).append(key)
    ready = [key for key, sources in open_sources.items() if not sources]
    ordered: list[str] = []
    while ready:
        ordered.append(key := ready.pop(0))
        for later in behind.get(key, ()):
            open_sources[later].discard(key)
            if not open_sources[later]:
                ready.append(later)
    is_done = set(ordered)
    return ordered, [key for key in graph.nodes if key not in is_done]


def circle(graph: Graph) -> Sequence[str]:
    """Return the nodes of one cycle in order; empty if there is none."""
    stuck = set(order(graph)[1])
    if not stuck:
        return ()
    path: list[str] = []
    node = next(iter(key for key in graph.nodes if key in stuck))
    while node not in path:
        path.append(node)
        node = next(source for source in graph.sources[node] if source in stuck)
    first, *other_nodes = path[path.index(node) :]
    return [first, *reversed(other_nodes)]
