"""The models that a flow's steps name, as the catalogue has them now."""

from __future__ import annotations

from collections.abc import Iterable

from catalog.models import Endpoint
from catalog.schema_versions import version_of
from flows.compose.definition import Definition
from schemas.changes.migrate_arguments import Version

GONE = "The catalogue has no model “{}”. Take this step out."


def endpoints_of(definitions: Iterable[Definition]) -> dict[str, Endpoint]:
    """The endpoints that these definitions name, by their ids; one query."""
    wanted = {step.endpoint for one in definitions for step in one.steps}
    found = Endpoint.objects.filter(endpoint_id__in=wanted) if wanted else ()
    return {endpoint.endpoint_id: endpoint for endpoint in found}


def versions_of(definition: Definition, known: dict[str, Endpoint]) -> dict[str, Version]:
    """The schema of each step's model, by step id; none for a model that is not there."""
    return {
        step.id: version_of(known[step.endpoint])
        for step in definition.steps
        if step.endpoint in known
    }


def refusal(endpoint: Endpoint | None, endpoint_id: str) -> str:
    """Why a step's model cannot be run now; empty if it can."""
    return GONE.format(endpoint_id[:120]) if endpoint is None else endpoint.refusal
