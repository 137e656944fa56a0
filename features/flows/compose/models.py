"""The current catalogue entries of the models that a flow's steps use, and what the steps cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from catalog.models import Endpoint
from catalog.schema_versions import version_of
from features.flows.compose.definition import Definition
from runs.costs.cost import estimate_runs
from schemas.estimate import Estimate
from schemas.validation import Version

GONE = "The catalogue has no model “{}”, so this step cannot be run."


def endpoints_of(definitions: Iterable[Definition]) -> dict[str, Endpoint]:
    """Return the endpoints that these definitions use, by id; one query."""
    endpoint_ids = {step.endpoint for definition in definitions for step in definition.steps}
    rows = Endpoint.objects.filter(endpoint_id__in=endpoint_ids) if endpoint_ids else ()
    return {endpoint.endpoint_id: endpoint for endpoint in rows}


def versions_of(definition: Definition, endpoints: dict[str, Endpoint]) -> dict[str, Version]:
    """Return the schema of each step's model, by step id; without missing models."""
    return {
        step.id: version_of(endpoints[step.endpoint])
        for step in definition.steps
        if step.endpoint in endpoints
    }


def refusal(endpoint: Endpoint | None, endpoint_id: str) -> str:
    """Return why a step's model cannot be run now; empty if it can."""
    return GONE.format(endpoint_id[:120]) if endpoint is None else endpoint.refusal


def step_prices(definition: Definition, endpoints: Mapping[str, Endpoint]) -> dict[str, Estimate]:
    """Return the cost of each step of a flow with its inputs filled in, by step.

    A step's wired inputs do not exist yet, so a price by their length or size counts as unknown. At
    most two queries.
    """
    steps = [step for step in definition.steps if step.endpoint in endpoints]
    estimates = estimate_runs([(endpoints[step.endpoint], step.arguments) for step in steps])
    return {step.id: estimate for step, estimate in zip(steps, estimates, strict=True)}
