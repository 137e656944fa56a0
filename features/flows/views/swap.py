"""Replaces the model of a step: choose one, see what is lost, confirm."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.db import transaction
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from catalog.models import Endpoint, Revision
from catalog.related.use_index import uses
from catalog.schema_versions import version_of
from core.http.caching import no_store
from core.http.parameters import search_words
from core.http.posts import hidden
from fal.db_safe import db_safe_text
from features.flows.compose import swapping
from features.flows.compose.definition import Definition, Step, parse_definition
from features.flows.compose.form import Versions
from features.flows.compose.models import endpoints_of, versions_of
from features.flows.compose.swapping import SwapResult
from features.flows.models import Flow
from features.flows.views.flow import find_changeable

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

NOT_THERE = "This model cannot be run now. Choose another one."
MOST = 40


@require_http_methods(["GET", "HEAD", "POST"])
@no_store
def swap(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """List models for the step `?step=`; `?to=` previews one, a POST saves it."""
    flow = find_changeable(request, pk)
    if request.method == "POST":
        return _save(request, flow)
    return _render_swap(request, flow, request.GET.get("to", ""))


def _render_swap(
    request: HtmxRequest, flow: Flow, to: str, status: int = HTTPStatus.OK
) -> HttpResponseBase:
    definition = parse_definition(flow.definition)
    step = definition.step(request.GET.get("step", ""))
    if step is None:
        raise Http404("There is no such step.")
    endpoints = endpoints_of([definition])
    versions = versions_of(definition, endpoints)
    now, query = endpoints.get(step.endpoint), search_words(request)
    swap_choice = choice(definition, step, versions, to) if to else None
    context = {
        "flow": flow,
        "step": step,
        "number": definition.number(step.id),
        "current": now,
        "q": query,
        "chosen": swap_choice,
        "trouble": NOT_THERE if to and swap_choice is None else "",
        "models": [] if swap_choice else candidates(definition, step, versions, now, query),
    }
    return render(request, "features/flows/swap.html", context, status=status)


def _save(request: HtmxRequest, flow: Flow) -> HttpResponseBase:
    to = hidden(request, "to")
    with transaction.atomic():
        locked = Flow.objects.select_for_update(of=("self",)).get(pk=flow.pk)
        definition = parse_definition(locked.definition)
        step = definition.step(request.GET.get("step", ""))
        versions = versions_of(definition, endpoints_of([definition]))
        swap_choice = choice(definition, step, versions, to) if step else None
        if step is not None and swap_choice is not None:
            locked.previous = locked.definition
            locked.definition = swap_choice.swapped.definition.as_json()
            locked.version += 1
            locked.save()
    if step is None or swap_choice is None:
        return _render_swap(request, flow, to, HTTPStatus.UNPROCESSABLE_ENTITY)
    number = definition.number(step.id)
    return redirect(f"{reverse('flows:flow-edit', args=[flow.pk])}?changed={number}#step-{number}")


def candidates(
    definition: Definition, step: Step, versions: Versions, now: Endpoint | None, query: str
) -> list[Endpoint]:
    """Return models that accept the step's wired inputs, those of its category first.

    For a step without wires, return the models of its category. `query` searches by name or id.
    """
    endpoints = (
        Endpoint.objects.select_related("picture")
        .filter(gone_at=None)
        .exclude(endpoint_id=step.endpoint)
    )
    endpoints = endpoints.called(query)
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
        {taker.key for group in index.takers(kind).values() for taker in group} for kind in kinds
    ]
    return set.intersection(*takers)


@dataclass(frozen=True)
class Choice:
    """A model chosen for a step, not saved yet."""

    endpoint: Endpoint
    swapped: SwapResult


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
