"""POSTs of a model's form: run it, change it, fill it, or make a link or preset from it."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django_htmx.http import replace_url, reselect, reswap, retarget

from accounts.limits import rate_limit
from catalog.models import Endpoint
from catalog.schema_versions import version_of
from core.http.htmx import HtmxRequest
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
from playground.form.drafts import Tab
from playground.form.form_state import FormState, ParsedForm, Post
from playground.form.posted_files import with_files
from playground.form.prefill import sources
from playground.views.model_page import page
from playground.views.runs import address_result, announce_new_run, show_batch
from runs import starting, transport_choices
from runs.models import Run
from runs.starting import Source, StartRequest
from schemas import Problem, apply
from schemas.exact import dumps
from schemas.variations import Plan, plan

log = logging.getLogger(__name__)
FIELD_NAME = re.compile(r"[\w.%~-]+", re.ASCII)
# Fields of a post that belong to the page, not to the model's input.
PAGE_FIELDS = {
    "csrfmiddlewaretoken",
    "~token",
    "~do",
    "~tab",
    "~version",
    "~filled",
    run_costs.CONTROL,
}
REFUSED = FormState(
    {}, "Nothing to fill in from was found: it is gone, or it is not shared with you."
)


def handle_post(request: HtmxRequest, found: Endpoint) -> HttpResponseBase:
    """Handle the action of the pressed button (`~do`); without one, Run."""
    post, refused = _store_files(request, found, form_fields(request))
    if refused:
        return redraw(request, found, FormState(post, problems=refused), status=422)
    action = request.POST.get("~do", "")
    verb, colon, _ = action.partition(":")
    handle = ACTIONS.get(verb + colon, _change)
    return handle(request, found, post, action)


def form_fields(request: HttpRequest) -> Post:
    """Return the fields of a post that belong to the model's input."""
    return {
        name: [str(value) for value in values]
        for name, values in request.POST.lists()
        if name not in PAGE_FIELDS
    }


def parse_tab(request: HttpRequest) -> Tab:
    """Return the browser tab that posts."""
    return Tab(
        "".join(filter(str.isprintable, request.POST.get("~tab", "")))[:64],
        request.POST.get("~filled") == "1",
    )


def tab_id(request: HttpRequest) -> str:
    """Return the id of the posting tab for the page's next post."""
    return parse_tab(request).id or page.new_tab_id()


def _run(request: HtmxRequest, found: Endpoint, post: Post, action: str) -> HttpResponseBase:
    parsed = form_state.parse_form_leniently(found, post)
    problems = form_state.find_problems(found, parsed)
    if found.refusal:
        problems = [Problem((), found.refusal)]
    if _requested_times(request) > 1 and not variations.can_vary(found):
        problems = [*problems, Problem((), variations.ALL_ALIKE)]
    if problems:
        state = FormState(post, problems=problems)
        return redraw(request, found, state, status=422, parsed=parsed)
    planned = _planned(request, found, parsed)
    if wait_s := rate_limit.take_more(request, len(planned.runs) - 1):
        return rate_limit.too_many_requests(request, wait_s)
    made, version = _create_runs(request, found, post, parsed, planned)
    for run in made:
        run.endpoint = found
    more = {
        "form_token": secrets.token_urlsafe(16),
        "draft_version": version,
        "tab_id": tab_id(request),
        "cost": run_costs.of_plan(found, parsed, planned),
    }
    if len(made) > 1:
        return show_batch(request, made, **more)
    run = made[0]
    if not request.htmx:
        return redirect(run)
    response = render(
        request, "playground/endpoint/_run_response.html", renderers.context(run) | more
    )
    return announce_new_run(address_result(request, response, run.stage_address), run)


def _planned(request: HtmxRequest, found: Endpoint, parsed: ParsedForm) -> Plan:
    """Return the runs that this press starts; repeats of a press get the same seeds."""
    root, token = form_state.version_of(found).root, request.POST.get("~token", "")
    return plan(root, parsed.arguments, _requested_times(request), token)


def _create_runs(
    request: HtmxRequest, found: Endpoint, post: Post, parsed: ParsedForm, planned: Plan
) -> tuple[list[Run], int]:
    """Save the draft and create the runs; returns the runs and the draft's version.

    Both are written in one transaction, so that the worker, which writes as soon as there is a
    run, does not have to wait for the draft.
    """
    token = request.POST.get("~token", "")
    with transaction.atomic():
        version = _save_draft(request, found, post, parsed)
        title, transport = starting.title(parsed.arguments), transport_choices.chosen(found, post)
        made = variations.start(
            [
                StartRequest(
                    user=request.user,
                    endpoint=found,
                    arguments=arguments,
                    source=Source.FORM,
                    # The same form with other input is another run; the same input again is a
                    # double click.
                    key=starting.form_token(f"{token}.{place}" if place else token, arguments),
                    transport=transport,
                    title=title,
                )
                for place, arguments in enumerate(planned.runs)
            ]
        )
    return made, version


def redraw(
    request: HtmxRequest,
    found: Endpoint,
    filled: FormState,
    *,
    status: int = 200,
    version: int | None = None,
    parsed: ParsedForm | None = None,
) -> HttpResponse:
    """Render the form with new contents and save these as the draft.

    `version` is the draft's version if the caller has saved it already. `parsed` is the parsed
    post if `filled` holds it unchanged, so that it is not parsed again.
    """
    filled = replace(filled, post=transport_choices.keep_choice(filled.post, form_fields(request)))
    filled = migrate_arguments.with_reminder(found, filled)
    if version is None:
        version = _save_draft(request, found, filled.post, parsed)
    more: dict[str, Any] = {
        "draft_version": version,
        "tab_id": tab_id(request),
        "requested_times": _requested_times(request),
        "parsed": parsed,
    }
    if not request.htmx:
        return page.render_page(request, found, filled, status=status, **more)
    context = page.form(found, filled, oob=True, **more)
    response = render(request, "playground/endpoint/_form_response.html", context, status=status)
    response = reswap(retarget(response, "#fields"), "outerHTML")
    return replace_url(response, _address_without_fill(request, found))


def _requested_times(request: HttpRequest) -> int:
    return run_costs.times(request.POST.get(run_costs.CONTROL, ""))


def house_default_state(request: HtmxRequest, found: Endpoint) -> FormState | None:
    """Return the untouched form of a model with a house default; None if it has none."""
    if not found.has_house_default:  # type: ignore[attr-defined]
        return None
    preset = presets.house_default(found)
    filled = sources.fill(request.user, found, f"preset:{preset.pk}") if preset else None
    if preset is None or filled is None:
        return None
    post = {**filled.post, form_state.HOUSE: ["1"]}
    notice = filled.notice if filled.mend else ""  # then it lists what no longer fits the schema
    return replace(filled, post=post, notice=notice, house=preset.name)


def _fill(request: HtmxRequest, found: Endpoint, post: Post, filled: FormState) -> HttpResponse:
    """Replace the form's contents so that it can be undone."""
    filled = replace(filled, post=transport_choices.keep_choice(filled.post, post))
    version, is_loss = drafts.replace(request.user, found, post, filled.post, parse_tab(request))
    filled = replace(filled, undo="Undo" if is_loss else "")
    return redraw(request, found, filled, version=version)


def _change(request: HtmxRequest, found: Endpoint, post: Post, action: str) -> HttpResponse:
    """Change the form's shape, such as adding an item to a list."""
    return redraw(request, found, FormState(apply(post, action)))


def _reset(request: HtmxRequest, found: Endpoint, post: Post, action: str) -> HttpResponse:
    """Reset one field to its default; the response makes htmx replace this field only."""
    response, name = _change(request, found, post, action), action.partition(":")[2]
    if not FIELD_NAME.fullmatch(name):
        return response
    field = f'[data-field="{name}"]'  # other fields keep what was typed meanwhile
    return reselect(retarget(response, field), field)


def _reset_all(request: HtmxRequest, found: Endpoint, post: Post, action: str) -> HttpResponse:
    kept = form_state.without_settings(found, post)
    return _fill(request, found, post, FormState(kept, "Every setting is back at its default."))


def _toggle_json(request: HtmxRequest, found: Endpoint, post: Post, action: str) -> HttpResponse:
    turned = form_state.toggled_json(found, post, action)
    is_refused = json_view.is_json(turned.post) and turned.problems
    return redraw(request, found, turned, status=422 if is_refused else 200)


def _clear(request: HtmxRequest, found: Endpoint, post: Post, action: str) -> HttpResponse:
    state = house_default_state(request, found) or FormState({}, "Cleared.")
    return _fill(request, found, post, state)


def _use_model_defaults(
    request: HtmxRequest, found: Endpoint, post: Post, action: str
) -> HttpResponse:
    own = FormState({form_state.HOUSE: ["1"]}, "The model's own defaults are back.")
    return _fill(request, found, post, own)


def _fill_from(request: HtmxRequest, found: Endpoint, post: Post, action: str) -> HttpResponse:
    filled = sources.fill(request.user, found, action)
    if filled is None:
        return redraw(request, found, replace(REFUSED, post=post), status=422)
    return _fill(request, found, post, filled)


def _migrate(request: HtmxRequest, found: Endpoint, post: Post, action: str) -> HttpResponse:
    """Migrate the form's contents to the current schema as far as possible; can be undone."""
    arguments, problems = form_state.parse_form_leniently(found, post)
    if problems:
        return redraw(request, found, FormState(post, problems=problems), status=422)
    digest = action.partition(":")[2][:64]
    return _fill(request, found, post, sources.migrated(found, arguments, digest))


def _restore(request: HtmxRequest, found: Endpoint, post: Post, action: str) -> HttpResponse:
    """Restore the form's previous contents (`undo`), or show another tab's draft (`other`)."""
    tab = parse_tab(request)
    if action == "undo":
        version, back = drafts.undo(request.user, found, post, tab)
        word = "" if form_state.is_untouched(found, post) else "Redo"
        filled = FormState(back, "Everything is back as it was.", undo=word)
        return redraw(request, found, filled, version=version)
    own = drafts.find(request.user, found, tab)
    other = drafts.other_draft(request.user, found, own) or own
    return _fill(request, found, post, FormState(other.post, "This is what the other tab holds."))


def _link_or_preset(request: HtmxRequest, found: Endpoint, post: Post, action: str) -> HttpResponse:
    """Show a link to the form's contents, or the form that saves them as a preset."""
    arguments, problems = form_state.parse_form_leniently(found, post)
    if problems:
        return redraw(request, found, FormState(post, problems=problems), status=422)
    made: dict[str, Any]
    if action == "link":
        link = share_links.make_link(request.user, found, arguments)
        made = {"link": link, "linked_to": request.build_absolute_uri(link.address)}
    else:
        made = {"new_preset": {"arguments": dumps(arguments, indent=None)}}
    if request.htmx:
        context = {"endpoint": found, "oob": True, **made}
        return reswap(render(request, "playground/endpoint/_notice.html", context), "none")
    version = _save_draft(request, found, post)
    made |= {"tab_id": tab_id(request), "draft_version": version}
    return page.render_page(request, found, FormState(post), **made)


def _save_draft(
    request: HtmxRequest, found: Endpoint, post: Post, parsed: ParsedForm | None = None
) -> int:
    """Save the form's contents as the draft; returns the draft's version."""
    tab = parse_tab(request)
    try:
        return drafts.save(request.user, found, post, tab, parsed=parsed)
    except drafts.TooLarge:
        log.info("draft of %s not saved: it is too large", found.endpoint_id)
        return drafts.find(request.user, found, tab).version


def _address_without_fill(request: HtmxRequest, found: Endpoint) -> str:
    """Return the page's address without prefill parameters, so that a reload shows the draft."""
    query = parse_qs(urlsplit(request.htmx.current_url or "").query)
    kept = {"shown": query["shown"][-1]} if "shown" in query else {}
    address = found.get_absolute_url()
    return f"{address}?{urlencode(kept)}" if kept else address


def _store_files(request: HttpRequest, found: Endpoint, post: Post) -> tuple[Post, list[Problem]]:
    """Store each posted file; returns the post with the files' addresses, and the problems."""
    return with_files(post, request.FILES, version_of(found).root, request.user.pk)


ACTIONS: dict[str, Callable[[HtmxRequest, Endpoint, Post, str], HttpResponseBase]] = {
    "": _run,
    "run": _run,
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
    "example": _fill_from,
    **{f"{kind}:": _fill_from for kind in sources.KINDS},
}
