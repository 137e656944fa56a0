"""The steps of flows that use a model, and how another one takes its place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from catalog.models import Endpoint
from catalog.schema_versions import version_of
from features.flows.compose import swapping
from features.flows.compose.definition import Definition, Invalid, parse_definition
from features.flows.compose.models import endpoints_of, versions_of
from features.flows.models import Flow
from runs.promises.dependants import Dependants, Outcome, Replacing


class FlowSteps(Dependants):
    """Steps, each with its number."""

    name, label, model = "step", "Flow", Flow

    def rows(self, endpoint: Endpoint, target: Endpoint | None) -> Any:
        # As JSON writes it: with its quotes.
        return Flow.objects.kept().filter(definition__contains=endpoint.endpoint_id)

    def parts(self, row: Flow, endpoint: Endpoint) -> Iterable[tuple[str, str]]:
        definition = _definition(row)
        return [
            (step.id, f"{row}, step {definition.number(step.id)}")
            for step in definition.steps
            if step.endpoint == endpoint.endpoint_id
        ]

    def outcome(self, row: Flow, part: str, replacing: Replacing) -> Outcome | None:
        definition, target = _definition(row), replacing.target
        if definition.step(part) is None:
            return None
        if any(step.endpoint not in replacing.known for step in definition.steps):
            replacing.known.update(endpoints_of([definition]))
        versions = versions_of(definition, replacing.known)
        swapped = swapping.swap(definition, part, target.endpoint_id, version_of(target), versions)
        values = {"definition": swapped.definition.as_json(), "version": row.version + 1}
        return Outcome(values, swapped.changed, swapped.lost)


def _definition(flow: Flow) -> Definition:
    try:
        return parse_definition(flow.definition)
    except Invalid:  # stored by another version
        return Definition()
