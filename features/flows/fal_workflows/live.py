"""The part of a workflow's page about a run, swapped in when the run has changed."""

from __future__ import annotations

from typing import Any

from django.template.loader import render_to_string

from features.flows.fal_workflows import definitions, nodes
from features.flows.graph import checks, reading
from features.flows.graph.graph import Graph
from features.flows.models import AccountWorkflow
from playground.display import renderers
from runs.models import Run, Transport
from runs.progress import watch_tokens
from runs.results import error_messages

VIEW = "workflow"
NO_STEPS = (
    "Upstream reports single steps over the live stream only, so this run shows only its result."
)


def context(workflow: AccountWorkflow, graph: Graph | None, run: Run | None) -> dict[str, Any]:
    """Return the context of the list of nodes, with a run's results."""
    if graph is None:
        return {"run": run, "nodes": [], **_outcome(run)}
    endpoints = nodes.endpoints_of(graph)
    node_views = nodes.shown_nodes(graph, endpoints, checks.problems(graph), run)
    return {
        "run": run,
        "nodes": node_views,
        "done_count": sum(item.step.state == "done" for item in node_views),
        **_outcome(run),
    }


def _outcome(run: Run | None) -> dict[str, Any]:
    if run is None:
        return {}
    has_no_steps = run.is_final and not run.steps and run.transport != Transport.STREAM
    return renderers.results(run) | {
        "texts": renderers.texts(run) if run.state == Run.State.SUCCEEDED else [],
        "explanation": error_messages.explain(run.error) if run.error else None,
        "complaints": [problem.message for problem in error_messages.problems(run.error)][:20]
        if run.state == Run.State.FAILED
        else [],
        "note": NO_STEPS if has_no_steps else "",
    }


def render(run: Run, view: str) -> str:
    """Render the fragment that a workflow's page swaps in when one of its runs has changed."""
    workflow = AccountWorkflow.objects.select_related("endpoint").filter(pk=run.endpoint_id).first()
    if workflow is None:
        return ""
    try:
        graph = definitions.graph_of(workflow, run)
    except reading.Unreadable:
        graph = None
    may_cancel = watch_tokens.may(view, watch_tokens.CANCEL)
    values = context(workflow, graph, run) | {"oob": True, "may_cancel": may_cancel}
    return render_to_string("features/flows/fal_workflows/_run_updates.html", values)
