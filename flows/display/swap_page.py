"""The models that can replace a step's, and what a chosen one keeps."""

from __future__ import annotations

from dataclasses import dataclass

from catalog.models import Endpoint, Revision
from catalog.related.use_index import uses
from catalog.schema_versions import version_of
from fal.db_safe import db_safe_text
from flows.compose import swapping
from flows.compose.definition import Definition, Step
from flows.compose.form import Versions
from flows.compose.swapping import Swapped

MOST = 40


def candidates(
    definition: Definition, step: Step, versions: Versions, now: Endpoint | None, query: str
) -> list[Endpoint]:
    """Return the models that accept the step's wired inputs, those of its category first.

    For a step without wires: those of its category. `query` is a search by name or id.
    """
    endpoints = (
        Endpoint.objects.select_related("picture")
        .filter(gone_at=None)
        .exclude(endpoint_id=step.endpoint)
    )
    endpoints = endpoints.called(db_safe_text(query))
    kinds = swapping.kinds_taken(definition, step, versions)
    if kinds:
        endpoints = endpoints.filter(pk__in=_takers(kinds))
    elif now is not None:
        endpoints = endpoints.filter(category=now.category)
    category = now.category if now else ""
    listed = [endpoint for endpoint in endpoints.order_by("position") if not endpoint.refusal]
    return sorted(listed, key=lambda endpoint: endpoint.category != category)[:MOST]


def _takers(kinds: set[str]) -> set[int]:
    """Return the primary keys of the models that accept results of all these kinds."""
    index = uses(Revision.current())
    takers = [
        {taker.key for among in index.takers(kind).values() for taker in among} for kind in kinds
    ]
    return set.intersection(*takers)


@dataclass(frozen=True)
class Choice:
    """A model chosen for a step, not saved yet."""

    endpoint: Endpoint
    swapped: Swapped


def choice(
    definition: Definition, step: Step, versions: Versions, endpoint_id: str
) -> Choice | None:
    """Return the flow with a chosen model; None if the model cannot be run."""
    endpoint = Endpoint.objects.filter(endpoint_id=db_safe_text(endpoint_id)).first()
    if endpoint is None or endpoint.refusal:
        return None
    version = version_of(endpoint)
    swapped = swapping.swap(definition, step.id, endpoint.endpoint_id, version, versions)
    return Choice(endpoint, swapped)
