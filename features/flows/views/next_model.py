"""“Then…” chooses the next model for a result, a model's output, or a step's output."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.db import transaction
from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from catalog.locks import NO_LOCKS
from catalog.models import Endpoint
from catalog.schema_versions import version_of
from core.formatting import counted
from core.http.caching import no_store
from core.http.posts import hidden
from fal.db_safe import db_safe_text
from features.flows.compose import chain
from features.flows.compose.definition import MOST_STEPS, Definition, Invalid, parse_definition
from features.flows.display import origin
from features.flows.display.origin import Origin
from features.flows.models import Flow
from features.flows.views.flow import find_changeable
from playground.display.navigation import offers, use_menu
from playground.display.navigation.destinations import Group, Place
from playground.form.prefill.place_of_run import in_place_of_run
from projects import current, roles
from schemas.uses.inputs import inputs_of
from schemas.uses.roles import USES

if TYPE_CHECKING:
    from catalog.related.use_index import Taker
    from core.http.htmx import HtmxRequest
    from playground.display.navigation.use_menu import Menu

NOT_THERE = "This model no longer accepts this result. Choose another one."


@require_http_methods(["GET", "HEAD", "POST"])
@no_store
@in_place_of_run
def then(request: HtmxRequest) -> HttpResponseBase:
    """Start a flow with a result (`?run=&key=`) or a model (`?model=`) and the next model.

    With `?dialog`, render the choice as a dialog, which opens in place.
    """
    return _answer(request, _asked_origin(request))


@require_http_methods(["GET", "HEAD", "POST"])
@no_store
def flow_then(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Append a model to the step `?after=` of a flow."""
    flow = find_changeable(request, pk)
    start = origin.of_step(flow, parse_definition(flow.definition), request.GET.get("after", ""))
    if start is None:
        raise Http404("There is no such step, or its model is gone.")
    return _answer(request, start)


def _asked_origin(request: HtmxRequest) -> Origin:
    try:
        run = uuid.UUID(request.GET.get("run", ""))
    except ValueError:
        endpoint_id = db_safe_text(request.GET.get("model", ""))
        return origin.of_model(get_object_or_404(Endpoint, endpoint_id=endpoint_id))
    start = origin.of_result(request.user, run, request.GET.get("key", ""))
    if start is None:
        raise Http404("There is no such result.")
    return start


def _answer(request: HtmxRequest, start: Origin) -> HttpResponseBase:
    """Render the menu of models, or save the flow with a posted choice."""
    trouble = ""
    if request.method == "POST":
        try:
            return redirect(_chained(request, start))
        except Invalid as invalid:
            trouble = str(invalid)
    elif len(start.definition.steps) >= MOST_STEPS:
        trouble = chain.FULL
    status = 422 if request.method == "POST" else 200
    context = _menu(request, start, trouble)
    if request.method != "POST" and "dialog" in request.GET:
        return render(request, "playground/command_palette.html", _dialog(request, context))
    return render(request, "features/flows/then.html", context, status=status)


def _dialog(request: HtmxRequest, context: dict[str, Any]) -> dict[str, Any]:
    parameters = {name: request.GET[name] for name in _KEPT if request.GET.get(name)}
    parameters[current.PARAMETER] = current.current(request).key
    page = f"{request.path}?{urlencode(parameters)}"
    menu, refusal = context["menu"], context["trouble"] or context["why_not"]
    offers = menu and not refusal
    return {
        "label": "Then…",
        "q": context["q"],
        "groups": groups(menu, page, context["output_value"]) if offers else [],
        "refusal": refusal,
    }


def _menu(request: HtmxRequest, start: Origin, trouble: str) -> dict[str, Any]:
    value = _chosen(request, "output")
    output = start.output(value) or start.output("")
    text, use = request.GET.get("q", ""), request.GET.get("use", "")
    project, menu = current.current(request), None
    if output and output.kind in USES:
        menu = use_menu.offered(output.kind, start.endpoint.pk, text, use)
    return {
        "origin": start,
        "outputs": [(origin.value_of(output), output) for output in start.outputs],
        "output": output,
        "output_value": origin.value_of(output) if output else "",
        "menu": menu,
        "kept": [(name, request.GET[name]) for name in _KEPT if request.GET.get(name)],
        "q": text,
        "use": use,
        "trouble": trouble,
        "why_not": "" if start.flow else roles.refusal_to_make(request.user, project),
    }


_KEPT = ("run", "key", "model", "after")


def _chosen(request: HtmxRequest, name: str) -> str:
    """Return a value that the page's form posted, or that is in the address of the dialog."""
    return hidden(request, name) or request.GET.get(name, "")


def _chained(request: HtmxRequest, start: Origin) -> str:
    """Save the longer flow; return the address of its editor. Raises Invalid."""
    output = start.output(_chosen(request, "output"))
    endpoint_id, _, path = db_safe_text(_chosen(request, "to")).partition("|")
    endpoint = Endpoint.objects.filter(endpoint_id=endpoint_id).first()
    version = version_of(endpoint) if endpoint and not endpoint.refusal else None
    takers = inputs_of(version.root) if version else []
    taker = next((field for field in takers if field.path == path), None)
    if endpoint is None or version is None or output is None or taker is None:
        raise Invalid(NOT_THERE)
    former = version_of(start.endpoint)

    def longer(definition: Definition) -> Definition:
        return chain.then(definition, start.step, output, endpoint_id, version, taker, former)

    flow = _extend(start.flow, longer) if start.flow else None
    if flow is None:
        project = current.current(request)
        roles.require_maker(request.user, project)
        flow = Flow.objects.create(
            user=request.user,
            name=f"{start.endpoint.name} → {endpoint.name}"[:200],
            definition=longer(start.definition).as_json(),
            origin=start.run,
            **project.for_new_work(),
        )
    steps = flow.definition["steps"]
    return f"{reverse('flows:flow-edit', args=[flow.pk])}#step-{len(steps)}"


def _extend(flow: Flow, longer: Any) -> Flow:
    """Add a step to the current state of a flow, with its row locked."""
    with transaction.atomic():
        locked = Flow.objects.select_for_update(of=("self",)).get(pk=flow.pk)
        locked.definition = longer(parse_definition(locked.definition)).as_json()
        locked.version += 1
        locked.save(update_fields=["definition", "version", "changed_at"])
    return locked


def groups(menu: Menu, page: str, output: str) -> list[Group]:
    """Return the menu's models with their pictures, the same model first.

    `page` is the address of the page that does the same, with its query; a model is chosen by a
    post there. `output` names what is passed on.
    """

    def place(taker: Taker) -> Place:
        card = menu.cards[taker.key]
        choice_query = urlencode({"to": f"{card.endpoint_id}|{taker.input.path}", "output": output})
        address = f"{page}&{urlencode({'q': card.endpoint_id})}"
        label = f"as “{taker.input.label}”"
        return replace(offers.place(card, address, NO_LOCKS, label), post=f"{page}&{choice_query}")

    menu_groups = [Group("The same model again", [place(taker) for taker in menu.own])]
    for group in menu.groups:
        places = [place(taker) for taker in group.takers if taker.key in menu.cards]
        if group.use and group.count > len(group.takers) and places:
            label = f"All {counted(group.count, 'model')}…"
            places.append(Place(label, "", f"{page}&{urlencode({'use': group.use})}"))
        menu_groups.append(Group(group.title, places))
    return offers.told_apart(menu_groups)
