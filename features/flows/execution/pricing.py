"""Estimates the cost of running a flow: the sum of its steps, as far as known beforehand."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from catalog.models import Endpoint
from features.flows.compose.definition import Definition
from runs.costs.cost import estimate_runs
from schemas.estimate import Estimate


def prices(
    definition: Definition, endpoints: Mapping[str, Endpoint], without: Collection[str] = ()
) -> dict[str, Estimate]:
    """Return the cost of each step of a flow with its inputs filled in, by step.

    Steps in `without`, which have their result already, are left out. A step's wired inputs do not
    exist yet, so a price by their length or size counts as unknown. At most two queries.
    """
    steps = [
        step for step in definition.steps if step.endpoint in endpoints and step.id not in without
    ]
    estimates = estimate_runs([(endpoints[step.endpoint], step.arguments) for step in steps])
    return {step.id: estimate for step, estimate in zip(steps, estimates, strict=True)}
