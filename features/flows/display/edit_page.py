"""The context of the page that edits a flow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString

from catalog.models import Endpoint
from features.flows.compose import editing
from features.flows.compose.definition import MOST_STEPS, Definition, Step
from features.flows.compose.editing import AskableField, Socket
from features.flows.compose.models import endpoints_of, refusal, step_prices, versions_of
from features.flows.models import Flow
from playground.form.html import rendering
from schemas import Field, Node, Problem
from schemas import draw as draw_nodes
from schemas.estimate import NOTHING


@dataclass(frozen=True)
class ShownStep:
    """A step with its form: its wires, its fields, and what the flow asks for."""

    number: int
    step: Step
    endpoint: Endpoint | None
    refusal: str
    sockets: list[Socket]
    asked: list[AskableField]
    main: SafeString
    more: SafeString
    more_count: int
    is_more_open: bool

    @property
    def asked_count(self) -> int:
        """Return the number of its fields that the flow's form asks for."""
        return sum(field.is_asked for field in self.asked)


def context(
    flow: Flow,
    definition: Definition,
    post: dict[str, list[str]] | None = None,
    problems: Sequence[Problem] = (),
) -> dict[str, Any]:
    """Return the page's context, with the fields as saved or as posted."""
    endpoints = endpoints_of([definition])
    versions = versions_of(definition, endpoints)
    root = editing.root_of(definition, versions)
    shown_post = editing.without_marks(post or editing.first_post(definition, versions))
    root_node = draw_nodes(root, post=shown_post, problems=problems)
    nodes = {node.field.name: node for node in root_node.children}
    return {
        "flow": flow,
        "definition": definition,
        "steps": [
            _describe_step(
                definition, versions, step, endpoints.get(step.endpoint), nodes.get(step.id)
            )
            for step in definition.steps
        ],
        "is_full": len(definition.steps) >= MOST_STEPS,
        "most_steps": MOST_STEPS,
        "estimate": sum(step_prices(definition, endpoints).values(), NOTHING),
    }


def _describe_step(
    definition: Definition,
    versions: Any,
    step: Step,
    endpoint: Endpoint | None,
    node: Node | None,
) -> ShownStep:
    main, settings = _sections(node)
    address = reverse("playground:uploads")
    return ShownStep(
        definition.number(step.id),
        step,
        endpoint,
        refusal(endpoint, step.endpoint),
        editing.sockets(definition, versions, step),
        editing.askable(definition, versions, step),
        rendering.render_fields(main, address),
        rendering.render_fields(settings, address),
        len(settings),
        any(child.is_changed or rendering.has_errors(child) for child in settings),
    )


def _sections(node: Node | None) -> tuple[list[Node], list[Node]]:
    """Split the fields of a step into main ones and the rest, as a model's own form does."""
    if node is None:
        return [], []
    if not node.children:
        return [node], []
    main = [child for child in node.children if _is_main(child.field)]
    settings = [child for child in node.children if not _is_main(child.field)]
    return (main, settings) if main and len(settings) > 2 else (list(node.children), [])


def _is_main(field: Field) -> bool:
    is_early = field.is_required or field.is_important or bool(field.media)
    return is_early and not field.is_advanced
