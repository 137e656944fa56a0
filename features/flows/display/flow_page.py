"""The context of a flow's page: its saved form, its steps, its price, and its runs."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.safestring import SafeString

from catalog.models import Endpoint
from core.word_diff import Part
from features.flows.compose import form
from features.flows.compose.definition import Definition, Path, Step
from features.flows.compose.models import endpoints_of, refusal, step_prices, versions_of
from features.flows.compose.wiring import answered, path_in_words
from features.flows.display.rights import FlowRights
from features.flows.models import Flow, FlowRun
from playground.display import history
from playground.display.changes import changed_words
from playground.form.html import rendering
from projects.rules import enforcement
from runs.models import Run
from runs.progress.worker_status import readiness
from schemas import Node, Problem
from schemas import draw as draw_nodes
from schemas.estimate import NOTHING, Estimate
from schemas.fields.paths import APPEND
from schemas.meanings import by_meaning
from schemas.uses.inputs import inputs_of, names_in
from schemas.validation import Version
from schemas.wording.labels import label

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from projects.models import Project

RUNS = 12
MOST_PROMPT_CHARS = 2000


@dataclass(frozen=True)
class Link:
    """A step's source, and the field that it fills."""

    number: int
    what: str
    to: str


@dataclass(frozen=True)
class Summary:
    """A step in the list of a flow's steps."""

    number: int
    step: Step
    endpoint: Endpoint | None
    refusal: str
    links: list[Link]
    troubles: Sequence[str] = ()
    cost: str = ""
    prompt: Sequence[Part] = ()  # with what changed against the step before
    first_run: history.Row | None = None  # of a result's step: the run that led to it


def summaries(
    definition: Definition,
    endpoints: dict[str, Endpoint],
    troubles: dict[str, list[str]] | None = None,
    costs: dict[str, Estimate] | None = None,
    first_runs: Mapping[str, Run] | None = None,
) -> list[Summary]:
    """Return the steps of a flow, each with its sources.

    Of a result's steps, `first_runs` has the runs that led to it, by step.
    """
    first_runs = first_runs or {}
    versions = versions_of(definition, endpoints)
    prompts = ["", *(_prompt(step, versions.get(step.id)) for step in definition.steps)]
    return [
        Summary(
            number,
            step,
            endpoints.get(step.endpoint),
            refusal(endpoints.get(step.endpoint), step.endpoint),
            [
                Link(
                    definition.number(wire.step),
                    path_in_words(wire.path) or "output",
                    _label_of(versions.get(step.id), wire.to),
                )
                for wire in step.wires
            ],
            (troubles or {}).get(step.id, ()),
            costs[step.id].page_label if costs and step.id in costs else "",
            changed_words(prompts[number - 1], prompts[number]),
            history.row(first_runs[step.id]) if step.id in first_runs else None,
        )
        for number, step in enumerate(definition.steps, start=1)
    ]


def _prompt(step: Step, version: Version | None) -> str:
    """Return a step's prompt; empty if its model takes none."""
    field = by_meaning(version.root.children).get("prompt") if version else None
    text = step.arguments.get(field.name) if field else None
    return text[:MOST_PROMPT_CHARS] if isinstance(text, str) else ""


def _label_of(version: Version | None, to: Path) -> str:
    """Return the label of a place in a model's arguments, as in its form."""
    for taker in inputs_of(version.root) if version else ():
        if tuple(names_in(taker.path)) == to and taker.label:
            return taker.label
    names = [part for part in to if isinstance(part, str) and part != APPEND]
    return " · ".join(label(name) for name in names) or "Input"


def context(
    user: User,
    flow: Flow,
    project: Project,
    definition: Definition,
    post: dict[str, list[str]] | None = None,
    problems: Sequence[Problem] = (),
    troubles: dict[str, list[str]] | None = None,
    first_runs: Mapping[str, Run] | None = None,
) -> dict[str, Any]:
    """Return the page's context, with the form as saved or as posted.

    A run belongs to the flow's project, or to the project `project` of the page. `first_runs` as in
    `summaries`.
    """
    endpoints = endpoints_of([definition])
    versions = versions_of(definition, endpoints)
    root = form.form_root(definition, versions)
    shown_post = post if post is not None else form.first_post(definition, versions)
    node = draw_nodes(root, post=shown_post, problems=problems)
    filled = answered(definition, form.answers(definition, versions, shown_post)[0])
    rights = FlowRights(user, flow, project)
    enforcement.set_locks(rights.target, endpoints.values())
    costs = step_prices(filled, endpoints)
    steps = summaries(definition, endpoints, troubles, costs, first_runs)
    return {
        "flow": flow,
        "definition": definition,
        "groups": _groups(definition, endpoints, node.children),
        "general_problems": [problem.message for problem in problems if not problem.path],
        "steps": steps,
        "can_run": bool(steps) and not any(step.refusal for step in steps),
        "estimate": sum(costs.values(), NOTHING),
        "origin": origin_of(flow, rights.target),
        "rights": rights,
        "form_token": secrets.token_urlsafe(16),
        "readiness": readiness(),
    }


@dataclass(frozen=True)
class FieldGroup:
    """The fields of the form whose first target is in one step."""

    number: int
    title: str
    fields: SafeString


def _groups(
    definition: Definition, endpoints: dict[str, Endpoint], nodes: Sequence[Node]
) -> list[FieldGroup]:
    """Return the form's fields by the step of their first target, in the order of the steps."""
    steps = {field.name: field.targets[0][0] for field in definition.inputs}
    address = reverse("playground:uploads")
    groups = []
    for number, step in enumerate(definition.steps, start=1):
        own = [node for node in nodes if steps[node.field.name] == step.id]
        if own:
            endpoint = endpoints.get(step.endpoint)
            title = endpoint.name if endpoint else step.endpoint
            groups.append(FieldGroup(number, title, rendering.render_fields(own, address)))
    return groups


def origin_of(flow: Flow, target: Project) -> Run | None:
    """Return the result whose steps a flow has, if all who see a run of it there may read it."""
    run = flow.origin
    if run is None or run.deleted_at or target != flow.project:
        return None
    return run if run.is_shown_with(flow) else None


def runs_of(flow: Flow, user: User) -> list[FlowRun]:
    """Return the newest runs of a flow that the user sees; one query."""
    runs = FlowRun.objects.open_to(user).filter(flow=flow).select_related("user")
    return list(runs.order_by("-created_at")[:RUNS])
