"""Posts to the address of a model's form: run it, or show it in another shape.

A button that does something else has the address of its own view (`formaction`).
"""

from __future__ import annotations

import re
from dataclasses import replace

from django.db import transaction
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django_htmx.http import reselect, retarget

from accounts.limits import rate_limit
from catalog.models import Endpoint
from core.http.htmx import HtmxRequest
from core.http.posts import BUTTON, hidden, is_posted, new_token, press_token
from playground import variations
from playground.display import renderers
from playground.form import form_state, json_view, run_costs
from playground.form.form_state import FormContents, FormState, ParsedForm
from playground.form.prefill import sources
from playground.views.model_page.page import tab_id
from playground.views.model_page.posted_form import redraw, refuse, requested_times, save_draft
from playground.views.new_runs import address_result, announce_new_run
from projects import current
from runs.models import Run
from runs.start import confirmation, refused_starts, starting, transport_choices, wait_choices
from runs.start.starting import Source, StartRequest
from schemas import Problem, apply
from schemas.variations import Plan, plan

FIELD_NAME = re.compile(r"[\w.%~-]+", re.ASCII)


def submit(request: HtmxRequest, contents: FormContents) -> HttpResponseBase:
    """Run the form; buttons that are drawn within it change its shape instead."""
    action = hidden(request, BUTTON)
    if action in {"", "run"}:
        return _run(request, contents)
    if action == "run-example":
        return _run_example(request, contents)
    if action in {"to-json", "to-form"}:
        return _toggle_json(request, contents, action)
    return _change(request, contents, action)


def _run(
    request: HtmxRequest, contents: FormContents, *, is_example: bool = False
) -> HttpResponseBase:
    endpoint, post = contents.endpoint, contents.post
    project = current.current(request)
    parsed, named_inputs = form_state.with_names(endpoint, contents.parsed, request.user, project)
    problems = form_state.find_problems(endpoint, parsed)
    if endpoint.refusal:
        problems = [Problem((), endpoint.refusal)]
    if requested_times(request) > 1 and not variations.can_vary(endpoint):
        problems = [*problems, Problem((), variations.ALL_ALIKE)]
    if problems:
        return redraw(request, contents, FormState(post, problems=problems), status=422)
    token = press_token(request)
    planned = _planned(request, endpoint, parsed, token)
    if wait_s := rate_limit.take_more(request, len(planned.runs) - 1):
        return rate_limit.too_many_requests(request, wait_s)
    try:
        runs, version = _create_runs(request, contents, planned, token)
    except refused_starts.Forbidden as refusal:
        return refuse(request, contents, refusal, status=refusal.status)
    run = runs[0]  # the others stand below it, in the newest try
    run.endpoint = endpoint
    if not request.htmx:
        return redirect(run.stage_link if is_example or len(runs) > 1 else run)
    extra_context = {
        "form_token": new_token(),
        "draft_version": version,
        "tab_id": tab_id(request),
        "origins": form_state.origins(post),
        "cost": run_costs.of_plan(endpoint, parsed, planned, named_inputs),
        "was_asked": is_posted(request, confirmation.FIELD),  # its notice can be removed
    }
    response = render(
        request, "playground/endpoint/_run_response.html", renderers.context(run) | extra_context
    )
    return announce_new_run(address_result(request, response, run.stage_address), run)


def _run_example(request: HtmxRequest, contents: FormContents) -> HttpResponseBase:
    """Run the model's own example with the words that stand on the front page."""
    filled = sources.fill(request.user, contents.endpoint, "example")
    post = (filled.post if filled else {}) | contents.post
    return _run(request, replace(contents, post=post), is_example=True)


def _planned(request: HtmxRequest, endpoint: Endpoint, parsed: ParsedForm, token: str) -> Plan:
    """Return the runs that this press starts; repeats of a press get the same seeds."""
    root = form_state.version_of(endpoint).root
    return plan(root, parsed.arguments, requested_times(request), token)


def _create_runs(
    request: HtmxRequest,
    contents: FormContents,
    planned: Plan,
    token: str,
) -> tuple[list[Run], int]:
    """Save the draft and create the runs; returns the runs and the draft's version.

    The draft and the title come from `contents`, which still has the names of inputs.

    One transaction writes both: the worker writes as soon as a run exists, and must not have to
    wait for the draft.
    """
    endpoint, post = contents.endpoint, contents.post
    project = current.current(request)
    with transaction.atomic():
        version = save_draft(request, contents)
        title = starting.title(contents.parsed.arguments)
        transport = transport_choices.chosen(endpoint, post)
        runs = variations.start(
            [
                StartRequest(
                    user=request.user,
                    endpoint=endpoint,
                    arguments=arguments,
                    source=Source.FORM,
                    # The same form with other input is another run; the same input again is a
                    # double click.
                    key=starting.form_token(f"{token}.{place}" if place else token, arguments),
                    transport=transport,
                    options=wait_choices.of_post(post),
                    title=title,
                    project=project,
                    origins=form_state.origins(post),
                )
                for place, arguments in enumerate(planned.runs)
            ]
        )
    return runs, version


def _toggle_json(request: HtmxRequest, contents: FormContents, action: str) -> HttpResponse:
    turned = form_state.toggled_json(contents, action)
    is_refused = json_view.is_json(turned.post) and turned.problems
    return redraw(request, contents, turned, status=422 if is_refused else 200)


def _change(request: HtmxRequest, contents: FormContents, action: str) -> HttpResponse:
    """Change the form's shape, such as adding an item to a list, or reset one field.

    After a reset, htmx replaces this field only: others keep what was typed in the meantime.
    """
    response = redraw(request, contents, FormState(apply(contents.post, action)))
    verb, _, name = action.partition(":")
    if verb != "reset" or not FIELD_NAME.fullmatch(name):
        return response
    field = f'[data-field="{name}"]'
    return reselect(retarget(response, field), field)
