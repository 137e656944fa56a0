"""Flows in the list of *Compare*: the models they chain, and how their last run ended."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from django.db.models import OuterRef, Subquery

from catalog.models import Endpoint
from core.formatting import counted
from features.flows.models import Flow, FlowRun
from projects import current
from runs.promises.owners import ComparisonKind, Line

if TYPE_CHECKING:
    from django.http import HttpRequest

MOST = 4  # steps whose models a line shows


def compared(request: HttpRequest) -> ComparisonKind:
    """Return the flows of the request's project and shared ones, or the user's own flows."""
    flows = Flow.objects.kept()
    visible_flows = current.rows_in_scope(flows, request)
    if not current.is_of_all_projects(request):
        visible_flows |= flows.filter(visibility=Flow.Visibility.TEAM)
    newest = FlowRun.objects.shown_to(request.user).filter(flow=OuterRef("pk"))
    last_state = Subquery(newest.order_by("-created_at").values("state")[:1])
    rows = visible_flows.select_related("user").annotate(last_state=last_state)
    return ComparisonKind("flow", rows, "name", "changed_at", partial(_lines, request))


def _lines(request: HttpRequest, flows: Sequence[Flow]) -> list[Line]:
    ids = {name for flow in flows for name in _first_models(flow)}
    cards = Endpoint.objects.for_cards().filter(endpoint_id__in=ids)
    models = {endpoint.endpoint_id: endpoint for endpoint in cards}
    return [
        _line(flow, [models[name] for name in _first_models(flow) if name in models], request)
        for flow in flows
    ]


def _line(flow: Flow, models: Sequence[Endpoint], request: HttpRequest) -> Line:
    last = dict(FlowRun.State.choices).get(flow.last_state)  # type: ignore[attr-defined]
    state = [
        counted(len(flow.definition["steps"]), "step"),
        "everybody in the house sees it" if flow.visibility == Flow.Visibility.TEAM else "",
        f"last run: {str(last).lower()}" if last else "",
    ]
    return Line(
        kind="Flow",
        name=flow.name,
        address=flow.get_absolute_url(),
        at=flow.changed_at,
        pictures=[endpoint.picture.small_src for endpoint in models if endpoint.picture],
        models=", ".join(endpoint.name for endpoint in models),
        state=" · ".join(filter(None, state)),
        author="" if flow.user_id == request.user.pk else flow.author,
    )


def _first_models(flow: Flow) -> list[str]:
    """Return the ids of the models of a flow's first steps, in order."""
    steps = flow.definition.get("steps", []) if isinstance(flow.definition, dict) else []
    return [str(step.get("endpoint", "")) for step in steps[:MOST] if isinstance(step, dict)]
