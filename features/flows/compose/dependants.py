"""The steps of flows that use a model."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from catalog.models import Endpoint
from features.flows.compose.definition import Definition, Invalid, parse_definition
from features.flows.models import Flow
from runs.promises.dependants import Dependants


class FlowSteps(Dependants):
    """Steps, each with its number; a flow stays as it was made."""

    name, label, model, movable = "step", "Flow", Flow, False

    def rows(self, endpoint: Endpoint, target: Endpoint | None) -> Any:
        # As JSON writes it: with its quotes.
        return Flow.objects.named().filter(definition__contains=endpoint.endpoint_id)

    def parts(self, row: Flow, endpoint: Endpoint) -> Iterable[tuple[str, str]]:
        definition = _definition(row)
        return [
            (step.id, f"{row}, step {definition.number(step.id)}")
            for step in definition.steps
            if step.endpoint == endpoint.endpoint_id
        ]

    def restore(self, row: Flow, state: Any) -> bool:
        """Undo a replacement by version 0.2.0, which also counted the changes of a flow."""
        return super().restore(row, [{"definition": part["definition"]} for part in state])


def _definition(flow: Flow) -> Definition:
    try:
        return parse_definition(flow.definition)
    except Invalid:  # stored by another version
        return Definition()
