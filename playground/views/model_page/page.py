"""Context of a model's page: tabs, form, stage, tries, header and notice; reads its posts."""

from __future__ import annotations

import secrets
from copy import copy
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers, patch_vary_headers

from catalog.model_records import records_for
from catalog.models import Endpoint
from core.http.htmx import HtmxRequest
from core.http.parameters import parse_uuid
from core.http.posts import BUTTON, controls, hidden
from playground import variations
from playground.display import about, destination, renderers, tries
from playground.display.inputs import InputFile, main_addresses, own_file
from playground.display.sample import sample_of
from playground.form import form_state, json_view, run_costs
from playground.form.drafts import Tab
from playground.form.form_state import FormState, ParsedForm, Post
from projects import current, roles
from projects.rules import editing, enforcement, wording
from runs.deputies import deputy_of, proposals
from runs.models import Run
from runs.models.querysets import RunQuerySet
from runs.progress import watch_tokens
from runs.progress.worker_status import readiness
from runs.realtime import limits
from runs.records import counting
from runs.start import transport_choices, wait_choices
from schemas.variations import TIMES

SOURCE = "~source"  # the buttons that fill in the form; the value says from what
LIBRARY_FIELD = "~field"  # the button that opens the series; the value is the field to fill
# Fields of a post that belong to the page, not to the model's input.
PAGE_FIELDS = {
    "~token",
    BUTTON,
    SOURCE,
    LIBRARY_FIELD,
    "~tab",
    "~version",
    "~filled",
    run_costs.CONTROL,
}
TABS = [
    ("playground", "Playground"),
    ("api", "API"),
    ("about", "About"),
]
TEMPLATES = {tab: f"playground/endpoint/_{tab}.html" for tab in ("playground", "api")} | {
    "about": "playground/about/_about.html"
}
PINNED = "pinned_try"  # session key: the run that all tries are told against
EXAMPLES = 8  # of colleagues, below the stage


def render_page(
    request: HtmxRequest,
    endpoint: Endpoint,
    filled: FormState,
    /,  # the About tab's context names its endpoint too
    *,
    tab: str = "playground",
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """Render the page with one of its tabs."""
    context: dict[str, Any] = {
        "endpoint": endpoint,
        "is_starred": endpoint.is_favourite,  # type: ignore[attr-defined]
        "tabs": TABS,
        "tab": tab,
        "tab_template": TEMPLATES[tab],
    }
    project = current.current(request)
    if endpoint.retirement:
        context["deputy"] = deputy_of(endpoint, project)
        context["shown_records"] = records_for(request)
        context["proposals"] = [] if context["deputy"] else proposals(endpoint, project)
    if tab == "playground":
        role = roles.role_in(project, request.user)
        parsed = more.pop("parsed", None) or form_state.parse_form_leniently(endpoint, filled.post)
        own = own_file(endpoint, parsed.arguments)
        context |= form(request, endpoint, filled, parsed=parsed, **more)
        context |= stage(request, endpoint, role, own)
        context |= {"examples": about.examples(endpoint, EXAMPLES), "sample": sample_of(endpoint)}
        context["no_run"] = roles.refusal_to_make(request.user, project, role)
        if not context["no_run"] and (rule := enforcement.lock(project, endpoint)):
            whose = editing.list_to_open(request.user, project, rule)
            ask = wording.whom_to_ask(rule.project)
            context["lock"] = wording.refusal(rule, endpoint.name, ask)
            context["may_allow"] = editing.may_change(request.user, whose)
    return render(request, "playground/endpoint.html", context | more, status=status)


def render_stage(request: HtmxRequest, endpoint: Endpoint) -> HttpResponse:
    """Render the stage alone, with another of the model's runs on it."""
    context = stage(request, endpoint) | {"endpoint": endpoint}
    response = render(request, "playground/endpoint/_stage_slot.html", context)
    # The page has the same URL: caches must not confuse the two.
    patch_vary_headers(response, ["HX-Request"])
    add_never_cache_headers(response)
    return response


def new_tab_id() -> str:
    """Return an id for a browser tab without one."""
    return secrets.token_urlsafe(9)


def form(
    request: HtmxRequest,
    endpoint: Endpoint,
    filled: FormState,
    *,
    requested_times: int = 1,
    parsed: ParsedForm | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Return the context of the form and of all parts that change with it.

    `requested_times` is the chosen number of variations, `parsed` the parsed post if the caller has
    it.
    """
    parsed = parsed or form_state.parse_form_leniently(endpoint, filled.post)
    return {
        **run_bar(request, endpoint, parsed, requested_times),
        "fields": form_state.render(
            endpoint, filled.post, filled.problems, current.query(current.current(request))
        ),
        "is_json": json_view.is_json(filled.post),
        "notice": filled.notice,
        "fates": filled.fates,
        "undo": filled.undo,
        "has_other_draft": filled.has_other_draft,
        "mend": filled.mend,
        "made_for": form_state.outdated_digest(filled.post),
        "origins": form_state.origins(filled.post),
        "house": filled.house,
        "form_token": secrets.token_urlsafe(16),
        "tab_id": new_tab_id(),
        "is_live": transport_choices.is_live(endpoint) and endpoint.is_runnable,
        "live_terms": limits.limits_in_words(),
        "transports": transport_choices.offered(endpoint),
        "transport": transport_choices.chosen(endpoint, filled.post),
        "wait": (wait := wait_choices.of_post(filled.post)),
        "wait_timeouts": wait_choices.offered_timeouts(wait),
        "example_link": form_state.example_link(endpoint),
        **more,
    }


def run_bar(
    request: HtmxRequest, endpoint: Endpoint, parsed: ParsedForm, requested_times: int = 1
) -> dict[str, Any]:
    """Return the context of the Run button, its cost, and the choice of variations."""
    project = current.current(request)
    resolved, named_inputs = form_state.with_names(endpoint, parsed, request.user, project)
    return {
        "endpoint": endpoint,
        "readiness": readiness(),
        "cost": run_costs.of_form(endpoint, resolved, requested_times, named_inputs),
        "requested_times": requested_times,
        "times": TIMES if variations.can_vary(endpoint) else (),
        "destination": destination.of_place(request.user, project, endpoint),
    }


def stage(
    request: HttpRequest,
    endpoint: Endpoint,
    role: str | None = None,
    own: InputFile | None = None,
) -> dict[str, Any]:
    """Return the context of the run on the stage and of the tries below it.

    The stage shows the run in the address, else `_most_relevant`, unless that has ended
    and was made of another file than the form's `own`, which is shown instead. `role` is the user's
    in the project, if the caller knows it.
    """
    latest = my_latest(request)
    known_roles = {} if role is None else {current.current(request).pk: role}
    viewer = watch_tokens.Viewer(request.user, known_roles)
    addressed_run = _run_from_address(request)
    run = addressed_run or _most_relevant(request, endpoint, latest)
    is_of_own = run and own and own.address in main_addresses(run, own.kind)
    if own and not (addressed_run or is_of_own or (run and run.is_awaited)):
        return {"run": None, "own": own, **_tries(request, endpoint, latest, viewer)}
    stage_context: dict[str, Any] = {"run": None}
    if run is not None:
        counting.judge([run.pk])
        stage_context = renderers.context(run, viewer.view_of(run, "stage"))
        if run.user_id != request.user.pk:
            stage_context["by"] = run.author
    return stage_context | _tries(request, endpoint, latest, viewer)


def _most_relevant(request: HttpRequest, endpoint: Endpoint, latest: list[Run]) -> Run | None:
    """Return the user's newest run of the model that is in progress or needs a decision.

    Without one, return their newest result.
    """
    own = [run for run in latest if run.endpoint_id == endpoint.pk]
    if not own and len(latest) == tries.MOST_RUNS:  # they may be older than all tries
        own = _mine(request, endpoint).load_recent(1)
    newest = own[0] if own else None
    run = next((run for run in own if run.is_awaited), None)
    if run is None and len(latest) == tries.MOST_RUNS:
        older = _mine(request, endpoint).unfinished().exclude(state=Run.State.UNCONFIRMED)
        run = older.with_endpoint().with_artifacts().first()
    if run is None and newest and newest.state == Run.State.UNCONFIRMED:
        run = newest
    run = run or next((run for run in own if run.state == Run.State.SUCCEEDED), None)
    if run:
        run = copy(run)  # a try has no large arguments
        run.refresh_from_db(fields={*run.get_deferred_fields(), "arguments"})
    return run


def render_tries(request: HttpRequest, endpoint: Endpoint, latest: list[Run]) -> HttpResponse:
    """Render the tries alone, as a page asks for them again."""
    viewer = watch_tokens.Viewer(request.user)
    context = _tries(request, endpoint, latest, viewer) | {"endpoint": endpoint}
    return render(request, "playground/endpoint/_tries.html", context)


def pin_try(request: HttpRequest, text: str) -> None:
    """Tell all tries against this run of the user's; an empty text ends that."""
    key = parse_uuid(text)
    if key and Run.objects.kept().own(request.user).filter(pk=key).exists():
        request.session[PINNED] = str(key)
    else:
        request.session.pop(PINNED, None)


def _tries(
    request: HttpRequest,
    endpoint: Endpoint,
    latest: list[Run],
    viewer: watch_tokens.Viewer,
) -> dict[str, Any]:
    """Return the context of the tries: `tries`, and `is_more` if there are earlier ones."""
    key = request.session.get(PINNED)
    pinned = next((run for run in latest if str(run.pk) == key), None)
    if key and pinned is None:
        pinned = next(iter(_with_arguments(_own(request).filter(pk=key).load_recent(1))), None)
    shown = tries.tries(viewer, endpoint, latest, pinned)
    return {"tries": shown, "is_more": len(latest) > sum(len(one.tiles) for one in shown)}


def _own(request: HttpRequest) -> RunQuerySet:
    """Return the user's runs in the project, of all models."""
    return current.rows_in_scope(Run.objects.kept().own(request.user), request)


def _mine(request: HttpRequest, endpoint: Endpoint) -> RunQuerySet:
    return _own(request).filter(endpoint=endpoint)


def my_latest(request: HttpRequest) -> list[Run]:
    """Return the user's newest runs in the project, with their small arguments."""
    return _with_arguments(_own(request).load_recent(tries.MOST_RUNS))


def _with_arguments(runs: list[Run]) -> list[Run]:
    for run in runs:
        run.arguments = run.small_arguments  # type: ignore[attr-defined]  # None: too large
    return runs


def _run_from_address(request: HttpRequest) -> Run | None:
    """Return the run of `?shown`, if the user may see it.

    `?batch` shows the first run of a press: links of an earlier version have it.
    """
    runs = Run.objects.visible_to(request.user).with_endpoint().with_artifacts()
    if key := parse_uuid(request.GET.get("shown", "")):
        return runs.filter(pk=key).first()
    if key := parse_uuid(request.GET.get("batch", "")):
        return runs.filter(batch=key).order_by("created_at", "pk").first()
    return None


def form_fields(request: HttpRequest) -> Post:
    """Return the fields of a post that belong to the model's input."""
    return controls(request, but=PAGE_FIELDS)


def parse_tab(request: HttpRequest) -> Tab:
    """Return the browser tab that posts."""
    return Tab(
        "".join(filter(str.isprintable, hidden(request, "~tab")))[:64],
        hidden(request, "~filled") == "1",
    )


def tab_id(request: HttpRequest) -> str:
    """Return the id of the posting tab for the page's next post."""
    return parse_tab(request).id or new_tab_id()
