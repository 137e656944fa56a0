"""The contexts of the pages of the account's workflows."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from catalog.models import Endpoint
from catalog.schema_versions import version_of
from core.db.name_order import by_name
from features.flows.fal_workflows import definitions, live, nodes
from features.flows.graph import checks, reading
from features.flows.graph.graph import Graph
from features.flows.graph.references import references
from features.flows.models import AccountListing, AccountWorkflow
from playground.form import form_state
from projects import roles
from projects.models import Project
from projects.rules import enforcement
from runs.costs.cost import estimate_runs
from runs.models import Run
from runs.progress import watch_tokens
from runs.progress.worker_status import readiness, workers_alive
from schemas import Problem
from schemas.estimate import NOTHING, Estimate

LISTED = 24
RUNS = 8
NO_KEY = (
    "FAL_KEY is not set, so there is no fal account whose workflows could be read. An admin can "
    "put FAL_KEY into .env."
)


@dataclass(frozen=True)
class Contents:
    """The contents of a workflow's form, and problems with them."""

    post: dict[str, list[str]] = field(default_factory=dict)
    problems: Sequence[Problem] = ()
    trouble: str = ""  # about the whole form, such as a refusal


def listing(query: str, page: int = 1) -> dict[str, Any]:
    """Return the context of the list: a page of matching workflows, and the state of the sync."""
    workflows = AccountWorkflow.objects.available().select_related("endpoint").defer("definition")
    if query:
        condition = Q(title__icontains=query) | Q(name__icontains=query)
        workflows = workflows.filter(condition | Q(description__icontains=query))
    first = (page - 1) * LISTED
    rows = list(workflows.order_by("-is_own", by_name("title"), "pk")[first : first + LISTED + 1])
    state = AccountListing.current()
    return {
        "workflows": rows[:LISTED],
        "search_text": query,
        "page": page,
        "more": page + 1 if len(rows) > LISTED else 0,
        "listing": state,
        "missing": _missing(state, bool(rows)),
    }


def _missing(state: AccountListing, has_rows: bool) -> str:
    """Return why nothing is listed yet, if a worker or a key is missing."""
    if has_rows or state.tried_at:
        return ""
    alive = workers_alive()
    if alive and not any(worker.has_key for worker in alive):
        return NO_KEY
    return readiness()


def detail(
    workflow: AccountWorkflow, user: Any, project: Project, run: Run | None, filled: Contents
) -> dict[str, Any]:
    """Return the context of a workflow's page, which lists and starts runs of the project."""
    trouble = ""
    try:
        graph: Graph | None = definitions.graph_of(workflow, run)
    except reading.Unreadable as error:
        graph, trouble = None, str(error)
    endpoints = nodes.endpoints_of(graph) if graph else {}
    enforcement.mark(project, [workflow.endpoint, *endpoints.values()])
    refusal = definitions.refusal(workflow, graph)
    problems = checks.problems(graph) if graph else []
    runs = Run.objects.kept().in_project(project, user).filter(endpoint_id=workflow.pk)
    view = watch_tokens.view_for(user, run, live.VIEW) if run else ""
    return {
        "workflow": workflow,
        "endpoint": workflow.endpoint,
        "graph": graph,
        "unreadable": trouble,
        "refusal": refusal,
        "general_problems": [problem for problem in problems if not problem.node],
        "problem_count": sum(not problem.is_warning for problem in problems),
        "form": form_state.render(workflow.endpoint, filled.post, list(filled.problems)),
        "has_fields": bool(version_of(workflow.endpoint).root.children)
        or not workflow.endpoint.schema_id,
        "filled": filled,
        "form_token": secrets.token_urlsafe(16),
        "estimate": price(graph, endpoints),
        "unpriced": sum(node.app not in endpoints for node in graph.runs) if graph else 0,
        "runs": list(runs.order_by("-created_at").select_related("user").light()[:RUNS]),
        "why_not": roles.refusal_to_make(user, project),
        "readiness": readiness(),
        "watch": watch_tokens.data_watch(run, view) if run else "",
        "may_cancel": watch_tokens.may(view, watch_tokens.CANCEL),
        **live.context(workflow, graph, run),
    }


def price(graph: Graph | None, endpoints: Mapping[str, Endpoint]) -> Estimate:
    """Return the cost of a run, billed at each step's model price (15.1). At most two queries.

    Values that a step takes from the form or from another step are unknown before it runs.
    """
    run_inputs = [
        (endpoints[node.app], literals(node.input))
        for node in (graph.runs if graph else [])
        if node.app in endpoints
    ]
    return sum(estimate_runs(run_inputs), NOTHING)


def literals(arguments: Any) -> dict[str, Any]:
    """Return the arguments of a node that are not references."""
    arguments = arguments if isinstance(arguments, dict) else {}
    return {str(name): value for name, value in arguments.items() if not references(value, ())}
