"""The nodes of a workflow for its page: models, problems, and their state in a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from catalog.models import Endpoint
from features.flows.fal_workflows.step_files import copies_of
from features.flows.fal_workflows.steps import WORDS, Step, steps_of
from features.flows.graph.checks import Problem
from features.flows.graph.graph import Graph, Node, order
from playground.display.markdown import markdown
from playground.display.renderers import Text
from runs.files.artifact_urls import artifact_url, may_show
from runs.models import Run
from runs.results import error_messages, json_tree, previews
from runs.results.outputs import artifacts_in

MOST_MEDIA = 6  # files of a node on the page; its JSON lists all
MOST_JSON = 6000
NOT_HERE = "The catalogue does not list this model; many of fal's helpers are not in it."


@dataclass(frozen=True)
class File:
    """One file of a node's output."""

    kind: str
    src: str
    name: str


@dataclass(frozen=True)
class NodeView:
    """A node in the page's list."""

    key: str  # of its element
    number: int
    id: str
    title: str
    endpoint: Endpoint | None
    step: Step
    reads: Sequence[tuple[str, str]] = ()
    problems: Sequence[str] = ()
    notes: Sequence[str] = ()
    files: Sequence[File] = ()
    texts: Sequence[Text] = ()
    json: str = ""
    explanation: error_messages.Explanation | None = None
    complaints: Sequence[str] = field(default_factory=list)

    @property
    def word(self) -> str:
        """Return its state for display."""
        return WORDS.get(self.step.state, "")


def endpoints_of(graph: Graph) -> dict[str, Endpoint]:
    """Return the models of a graph that are in the catalogue; one query."""
    rows = Endpoint.objects.filter(endpoint_id__in=graph.endpoint_ids)
    return {endpoint.endpoint_id: endpoint for endpoint in rows.for_cards()}


def shown_nodes(
    graph: Graph, endpoints: Mapping[str, Endpoint], problems: Sequence[Problem], run: Run | None
) -> list[NodeView]:
    """Return the nodes that call models, and unknown nodes, in running order."""
    ordered_keys, stuck = order(graph)
    ordered_nodes = [graph.nodes[key] for key in [*ordered_keys, *stuck]]
    ordered_nodes = [node for node in ordered_nodes if node.kind not in ("input", "display")]
    steps = steps_of(run, [node.id for node in ordered_nodes])
    copies = _copies(run)
    node_views = [
        _describe_node(graph, number, node, endpoints, problems, steps.pop(node.id), copies)
        for number, node in enumerate(ordered_nodes, 1)
    ]
    for number, (key, step) in enumerate(steps.items(), len(node_views) + 1):
        node = Node(key, "run", step.app, raw={"id": key})
        node_views.append(_describe_node(graph, number, node, endpoints, (), step, copies))
    return node_views


def _describe_node(
    graph: Graph,
    number: int,
    node: Node,
    endpoints: Mapping[str, Endpoint],
    problems: Sequence[Problem],
    step: Step,
    copies: Mapping[str, str],
) -> NodeView:
    endpoint = endpoints.get(node.app)
    own = [problem for problem in problems if problem.node == node.id]
    notes = [problem.message for problem in own if problem.is_warning]
    if node.is_run and node.app:
        notes += [endpoint.refusal] if endpoint and endpoint.refusal else []
        notes += [NOT_HERE] if endpoint is None else []
    return NodeView(
        key=f"node-{number}",
        number=number,
        id=node.id,
        title=endpoint.name if endpoint else node.app or node.id,
        endpoint=endpoint,
        step=step,
        reads=[
            (".".join(map(str, reference.place)), reference.text)
            for reference in graph.references_of(node)
        ],
        problems=[problem.message for problem in own if not problem.is_warning],
        notes=notes,
        **_result(step, copies),
    )


def _result(step: Step, copies: Mapping[str, str]) -> dict[str, Any]:
    """Return a step's results: files, texts and JSON; or why it failed."""
    if step.error is not None:
        complaints = [problem.message for problem in error_messages.problems(step.error)]
        return {"explanation": error_messages.explain(step.error), "complaints": complaints[:20]}
    if step.output is None:
        return {}
    artifacts = artifacts_in(step.output)
    files = [
        File(artifact.kind, src, artifact.file_name or "File")
        for artifact in artifacts
        if artifact.url
        and (src := copies.get(artifact.url) or (artifact.url if may_show(artifact.url) else ""))
    ]
    return {
        "files": files[:MOST_MEDIA],
        "texts": [
            Text(artifact, markdown(artifact.text)) for artifact in previews.of_texts(artifacts)
        ],
        "json": json_tree.preview(step.output, MOST_JSON),
    }


def _copies(run: Run | None) -> dict[str, str]:
    """Map upstream's addresses of the steps' files to ours, if copied or part of the result."""
    if run is None or not run.is_final:
        return {}
    copies = copies_of(run)
    return copies | {
        artifact.address: src for artifact in run.artifacts.all() if (src := artifact_url(artifact))
    }
