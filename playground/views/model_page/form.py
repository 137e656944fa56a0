"""POSTs of a model's form: run it, change it, fill it, make a link or preset, end a link."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect, replace_url, reselect, reswap, retarget

from accounts.audit import trail
from accounts.limits import rate_limit
from catalog.models import Endpoint
from catalog.schema_versions import version_of
from core.http.htmx import HtmxRequest
from core.http.posts import BUTTON, hidden, is_posted, new_token, press_token
from playground import variations
from playground.display import renderers
from playground.form import (
    drafts,
    form_state,
    json_view,
    migrate_arguments,
    presets,
    run_costs,
    share_links,
)
from playground.form.form_state import FormContents, FormState, ParsedForm, Post
from playground.form.posted_files import with_files
from playground.form.prefill import sources
from playground.views.model_page import page
from playground.views.model_page.page import form_fields, parse_tab, tab_id
from playground.views.new_runs import address_result, announce_new_run, show_batch
from projects import current, roles
from runs.models import Run
from runs.start import confirmation, refused_starts, starting, transport_choices, wait_choices
from runs.start.starting import Source, StartRequest
from schemas import Problem, apply
from schemas.exact import dumps
from schemas.variations import Plan, plan

if TYPE_CHECKING:
    from runs.promises.named_inputs import NamedInput

SHARES = "/shares/"  # the page that lists the links
log = logging.getLogger(__name__)
FIELD_NAME = re.compile(r"[\w.%~-]+", re.ASCII)
REFUSED = FormState(
    {}, "There is nothing to fill in: it no longer exists, or it is not shared with you."
)


def handle_post(request: HtmxRequest, endpoint: Endpoint) -> HttpResponseBase:
    """Handle the action of the pressed button (`~do`); without one, Run."""
    if request.FILES and (why := roles.refusal_to_make(request.user, current.current(request))):
        return _refuse(request, FormContents(endpoint, form_fields(request)), why)
    post, file_problems = _store_files(request, endpoint, form_fields(request))
    contents = FormContents(endpoint, post)
    if file_problems:
        return redraw(request, contents, FormState(post, problems=file_problems), status=422)
    action = hidden(request, BUTTON)
    verb, colon, _ = action.partition(":")
    handle = ACTIONS.get(verb + colon, _change)
    return handle(request, contents, action)


def _run(request: HtmxRequest, contents: FormContents, action: str) -> HttpResponseBase:
    endpoint, post = contents.endpoint, contents.post
    project = current.current(request)
    parsed, named_inputs = form_state.with_names(endpoint, contents.parsed, request.user, project)
    problems = form_state.find_problems(endpoint, parsed)
    if endpoint.refusal:
        problems = [Problem((), endpoint.refusal)]
    if _requested_times(request) > 1 and not variations.can_vary(endpoint):
        problems = [*problems, Problem((), variations.ALL_ALIKE)]
    if problems:
        return redraw(request, contents, FormState(post, problems=problems), status=422)
    token = press_token(request)
    planned = _planned(request, endpoint, parsed, token)
    if wait_s := rate_limit.take_more(request, len(planned.runs) - 1):
        return rate_limit.too_many_requests(request, wait_s)
    try:
        runs, version = _create_runs(request, contents, planned, named_inputs, token)
    except refused_starts.Forbidden as refusal:
        return _refuse(request, contents, refusal, status=refusal.status)
    for run in runs:
        run.endpoint = endpoint
    extra_context = {
        "form_token": new_token(),
        "draft_version": version,
        "tab_id": tab_id(request),
        "origins": form_state.origins(post),
        "cost": run_costs.of_plan(endpoint, parsed, planned, named_inputs),
        "was_asked": is_posted(request, confirmation.FIELD),  # its notice can be removed
    }
    if len(runs) > 1:
        return show_batch(request, runs, **extra_context)
    run = runs[0]
    if not request.htmx:
        return redirect(run.stage_link if action == "run-example" else run)
    response = render(
        request, "playground/endpoint/_run_response.html", renderers.context(run) | extra_context
    )
    return announce_new_run(address_result(request, response, run.stage_address), run)


def _run_example(request: HtmxRequest, contents: FormContents, action: str) -> HttpResponseBase:
    """Run the model's own example with the words that stand on the front page."""
    filled = sources.fill(request.user, contents.endpoint, "example")
    post = (filled.post if filled else {}) | contents.post
    return _run(request, replace(contents, post=post), action)


def _planned(request: HtmxRequest, endpoint: Endpoint, parsed: ParsedForm, token: str) -> Plan:
    """Return the runs that this press starts; repeats of a press get the same seeds."""
    root = form_state.version_of(endpoint).root
    return plan(root, parsed.arguments, _requested_times(request), token)


def _create_runs(
    request: HtmxRequest,
    contents: FormContents,
    planned: Plan,
    named_inputs: Sequence[NamedInput],
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
        version = _save_draft(request, contents)
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
                    named=named_inputs,
                )
                for place, arguments in enumerate(planned.runs)
            ]
        )
    return runs, version


def _refuse(
    request: HtmxRequest,
    contents: FormContents,
    why: str | refused_starts.Forbidden,
    status: int = HTTPStatus.FORBIDDEN,
) -> HttpResponse:
    """Show next to the form why its user may not start this; the form keeps its contents."""
    if not request.htmx:
        return redraw(request, contents, FormState(contents.post), status=status, refused=why)
    context = {"endpoint": contents.endpoint, "oob": True, "refused": why}
    response = render(request, "playground/endpoint/_notice.html", context, status=status)
    return reswap(response, "none")


def redraw(
    request: HtmxRequest,
    contents: FormContents,
    filled: FormState,
    *,
    status: int = 200,
    version: int | None = None,
    refused: str | refused_starts.Forbidden = "",
) -> HttpResponse:
    """Render the form with the contents of `filled`, and save them as the draft.

    `version` is the draft's version if the caller has saved it already. `refused` says why the
    form's user may not start the run.
    """
    endpoint = contents.endpoint
    filled = replace(filled, post=transport_choices.keep_choice(filled.post, form_fields(request)))
    filled = migrate_arguments.with_reminder(endpoint, filled)
    shown_form = contents if filled.post == contents.post else replace(contents, post=filled.post)
    if version is None:
        version = _save_draft(request, shown_form)
    extra_context: dict[str, Any] = {
        "draft_version": version,
        "tab_id": tab_id(request),
        "requested_times": _requested_times(request),
        "parsed": shown_form.parsed,
        "refused": refused,
    }
    if not request.htmx:
        return page.render_page(request, endpoint, filled, status=status, **extra_context)
    context = page.form(request, endpoint, filled, oob=True, **extra_context)
    response = render(request, "playground/endpoint/_form_response.html", context, status=status)
    response = reswap(retarget(response, "#fields"), "outerHTML")
    return replace_url(response, _address_without_fill(request, endpoint))


def _requested_times(request: HttpRequest) -> int:
    return run_costs.times(hidden(request, run_costs.CONTROL))


def house_default_state(request: HtmxRequest, endpoint: Endpoint) -> FormState | None:
    """Return the untouched form of a model with a house default; None if it has none."""
    if not endpoint.has_house_default:  # type: ignore[attr-defined]
        return None
    preset = presets.house_default(endpoint)
    filled = sources.fill(request.user, endpoint, f"preset:{preset.pk}") if preset else None
    if preset is None or filled is None:
        return None
    post = {**filled.post, form_state.HOUSE: ["1"]}
    notice = filled.notice if filled.mend else ""  # a mendable preset's notice lists its misfits
    return replace(filled, post=post, notice=notice, house=preset.name)


def _fill(request: HtmxRequest, contents: FormContents, filled: FormState) -> HttpResponse:
    """Replace the form's contents; this can be undone."""
    filled = replace(filled, post=transport_choices.keep_choice(filled.post, contents.post))
    new = replace(contents, post=filled.post)
    version, is_loss = drafts.replace(request.user, contents, new, parse_tab(request))
    filled = replace(filled, undo="Undo" if is_loss else "")
    return redraw(request, new, filled, version=version)


def _change(request: HtmxRequest, contents: FormContents, action: str) -> HttpResponse:
    """Change the form's shape, such as adding an item to a list."""
    return redraw(request, contents, FormState(apply(contents.post, action)))


def _reset(request: HtmxRequest, contents: FormContents, action: str) -> HttpResponse:
    """Reset one field to its default; the response makes htmx replace this field only."""
    response, name = _change(request, contents, action), action.partition(":")[2]
    if not FIELD_NAME.fullmatch(name):
        return response
    field = f'[data-field="{name}"]'  # other fields keep text typed in the meantime
    return reselect(retarget(response, field), field)


def _reset_all(request: HtmxRequest, contents: FormContents, action: str) -> HttpResponse:
    content = form_state.without_settings(contents.endpoint, contents.post)
    return _fill(request, contents, FormState(content, "Every setting is back at its default."))


def _toggle_json(request: HtmxRequest, contents: FormContents, action: str) -> HttpResponse:
    turned = form_state.toggled_json(contents, action)
    is_refused = json_view.is_json(turned.post) and turned.problems
    return redraw(request, contents, turned, status=422 if is_refused else 200)


def _clear(request: HtmxRequest, contents: FormContents, action: str) -> HttpResponse:
    house_default = house_default_state(request, contents.endpoint)
    return _fill(request, contents, house_default or FormState({}, "Cleared."))


def _use_model_defaults(request: HtmxRequest, contents: FormContents, action: str) -> HttpResponse:
    own = FormState({form_state.HOUSE: ["1"]}, "The model's own defaults are back.")
    return _fill(request, contents, own)


def _fill_from(request: HtmxRequest, contents: FormContents, action: str) -> HttpResponse:
    filled = sources.fill(request.user, contents.endpoint, action)
    if filled is None:
        return redraw(request, contents, replace(REFUSED, post=contents.post), status=422)
    return _fill(request, contents, filled)


def _migrate(request: HtmxRequest, contents: FormContents, action: str) -> HttpResponse:
    """Migrate the form's contents to the current schema as far as possible; can be undone."""
    arguments, problems = contents.parsed
    if problems:
        return redraw(request, contents, FormState(contents.post, problems=problems), status=422)
    digest = action.partition(":")[2][:64]
    return _fill(request, contents, sources.migrated(contents.endpoint, arguments, digest))


def _restore(request: HtmxRequest, contents: FormContents, action: str) -> HttpResponse:
    """Restore the form's previous contents (`undo`), or show another tab's draft (`other`)."""
    endpoint, tab = contents.endpoint, parse_tab(request)
    if action == "undo":
        version, former_post = drafts.undo(request.user, contents, tab)
        word = "" if contents.is_untouched else "Redo"
        filled = FormState(former_post, "Everything is back as it was.", undo=word)
        return redraw(request, contents, filled, version=version)
    own = drafts.find(request.user, endpoint, tab)
    other = drafts.other_draft(request.user, endpoint, own) or own
    return _fill(request, contents, FormState(other.post, "This is what the other tab holds."))


def _link_or_preset(request: HtmxRequest, contents: FormContents, action: str) -> HttpResponse:
    """Show a link to the form's contents, or the form that saves them as a preset."""
    endpoint, post = contents.endpoint, contents.post
    arguments, problems = contents.parsed
    if problems:
        return redraw(request, contents, FormState(post, problems=problems), status=422)
    extra_context: dict[str, Any]
    if action == "link":
        link = share_links.make_link(request.user, endpoint, arguments)
        extra_context = {"link": link, "linked_to": request.build_absolute_uri(link.address)}
    else:
        project = current.current(request)
        if refusal := roles.refusal_to_make(request.user, project):
            return _refuse(request, contents, refusal)
        extra_context = {
            "form": presets.PresetForm(),
            "new_preset": {"arguments": dumps(arguments, indent=None)},
            "is_private": project.is_private,
        }
    if request.htmx:
        context = {"endpoint": endpoint, "oob": True, **extra_context}
        return reswap(render(request, "playground/endpoint/_notice.html", context), "none")
    version = _save_draft(request, contents)
    extra_context |= {"tab_id": tab_id(request), "draft_version": version}
    return page.render_page(request, endpoint, FormState(post), **extra_context)


def _choose_from_library(request: HtmxRequest, contents: FormContents, action: str) -> HttpResponse:
    """Open the saved prompts or references to insert one; the draft keeps the form's contents."""
    _save_draft(request, contents)
    kind, _, field = action.partition(":")
    query = urlencode(
        {"for": contents.endpoint.endpoint_id} | ({"field": field[:200]} if field else {})
    )
    address = f"{reverse(f'library:{kind}')}{current.query(current.current(request))}&{query}"
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


def _save_draft(request: HtmxRequest, contents: FormContents) -> int:
    """Save the form's contents as the draft; returns the draft's version."""
    tab = parse_tab(request)
    try:
        return drafts.save(request.user, contents, tab)
    except drafts.TooLarge:
        log.info("draft of %s not saved: it is too large", contents.endpoint.endpoint_id)
        return drafts.find(request.user, contents.endpoint, tab).version


def _address_without_fill(request: HtmxRequest, endpoint: Endpoint) -> str:
    """Return the page's address without prefill parameters, so that a reload shows the draft."""
    query = parse_qs(urlsplit(request.htmx.current_url or "").query)
    carried = ("shown", current.PARAMETER)
    parameters = {name: query[name][-1] for name in carried if name in query}
    address = endpoint.get_absolute_url()
    return f"{address}?{urlencode(parameters)}" if parameters else address


def _store_files(
    request: HttpRequest, endpoint: Endpoint, post: Post
) -> tuple[Post, list[Problem]]:
    """Store each posted file; returns the post with the files' addresses, and the problems."""
    root, project = version_of(endpoint).root, current.current(request)
    return with_files(post, request.FILES, root, request.user.pk, project)


ACTIONS: dict[str, Callable[[HtmxRequest, FormContents, str], HttpResponseBase]] = {
    "": _run,
    "run": _run,
    "run-example": _run_example,
    "to-json": _toggle_json,
    "to-form": _toggle_json,
    "link": _link_or_preset,
    "save-preset": _link_or_preset,
    "undo": _restore,
    "other": _restore,
    "clear": _clear,
    "own": _use_model_defaults,
    "mend:": _migrate,
    "reset": _reset_all,
    "reset:": _reset,
    "prompts": _choose_from_library,
    "references": _choose_from_library,
    "references:": _choose_from_library,
    "example": _fill_from,
    **{f"{kind}:": _fill_from for kind in sources.KINDS},
}


@require_POST
def link_deletion(request: HtmxRequest, pk: str) -> HttpResponseBase:
    """End a link: its address is gone, and its files are no longer open."""
    link = get_object_or_404(share_links.links_of(request.user), pk=pk)
    with transaction.atomic():
        trail.record(request.user, "deleted", [link])
        link.delete()
    messages.success(request, "The link has ended, and your files in it are private again.")
    return redirect(SHARES)
