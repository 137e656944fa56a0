"""What every post of a model's form shares: who may post, how it is read, and how it is answered.

The buttons of the form post all of it, each to the address of its own view: `with_form` reads it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods
from django_htmx.http import replace_url, reswap, retarget

from accounts.limits.rate_limit import limit
from accounts.sign_in import pending_form
from accounts.sign_in.views import login_required
from catalog.models import Endpoint
from catalog.schema_versions import version_of
from core.http.htmx import HtmxRequest
from core.http.posts import hidden
from playground.form import drafts, migrate_arguments, run_costs
from playground.form.form_state import FormContents, FormState, Post
from playground.form.posted_files import with_files
from playground.views.model_page import page
from playground.views.model_page.page import form_fields, parse_tab, tab_id
from projects import current, roles
from runs.models import Preset
from runs.start import transport_choices
from runs.start.refused_starts import Forbidden

log = logging.getLogger(__name__)
FormView = Callable[[HtmxRequest, FormContents], HttpResponseBase]
HOUSE_DEFAULT = Preset.objects.house_defaults().filter(endpoint=OuterRef("pk"))
MAX_PENDING_CHARS = drafts.MAX_CHARS  # characters that survive the login in a cookie


def with_form(view: FormView) -> Callable[[HtmxRequest, str], HttpResponseBase]:
    """Call `view` with the form that the page of a model has posted.

    A post without htmx shows the page at this address; opened again, it leads to the model's own.
    """

    @limit("run")
    @login_not_required  # handles logged-out requests itself, so that a posted form is not lost
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def respond(request: HtmxRequest, endpoint_id: str) -> HttpResponseBase:
        endpoint = get_object_or_404(rows_of_page(request), endpoint_id=endpoint_id)
        if not request.user.is_authenticated:
            return require_login(request, endpoint)
        if request.method == "POST":
            return answer(request, endpoint, view)
        return redirect(f"{endpoint.get_absolute_url()}{current.query(current.current(request))}")

    return respond


def answer(request: HtmxRequest, endpoint: Endpoint, view: FormView) -> HttpResponseBase:
    """Read the posted form, store its files, and call `view` with its contents."""
    contents = FormContents(endpoint, form_fields(request))
    project = current.current(request)
    if request.FILES and (why := roles.refusal_to_make(request.user, project)):
        return refuse(request, contents, why)
    root = version_of(endpoint).root
    post, problems = with_files(contents.post, request.FILES, root, request.user.pk, project)
    contents = FormContents(endpoint, post)
    if problems:
        return redraw(request, contents, FormState(post, problems=problems), status=422)
    return view(request, contents)


def rows_of_page(request: HtmxRequest) -> QuerySet[Endpoint]:
    """Return the models with the columns that the page of one shows."""
    rows = Endpoint.objects.with_favourites_of(request.user.pk or 0).select_related("picture")
    return rows.annotate(has_house_default=Exists(HOUSE_DEFAULT))


def require_login(request: HtmxRequest, endpoint: Endpoint) -> HttpResponseBase:
    """Redirect to the login page, keeping a posted form; answer 401 to htmx."""
    if request.method == "POST":
        return login_keeping_post(request, endpoint, form_fields(request))
    if request.htmx:
        return HttpResponse(status=HTTPStatus.UNAUTHORIZED)
    return redirect_to_login(request.get_full_path())


def login_keeping_post(request: HtmxRequest, endpoint: Endpoint, post: Post) -> HttpResponse:
    """Redirect a user whose session has expired to the login page without losing their post.

    The browser keeps the post (`sign_in/pending_form.py`), the server stores nothing.
    htmx requests get a 401: the page stays, and its script asks for the login.
    """
    is_small = drafts.size(post) <= MAX_PENDING_CHARS
    value = {"endpoint": endpoint.endpoint_id, "post": post} if is_small else None
    if not request.htmx:
        return login_required(request, endpoint.get_absolute_url(), value)
    response = HttpResponse(status=HTTPStatus.UNAUTHORIZED)
    if value:
        pending_form.set_cookie(response, value)
    return response


def redraw(
    request: HtmxRequest,
    contents: FormContents,
    filled: FormState,
    *,
    status: int = 200,
    version: int | None = None,
    refused: str | Forbidden = "",
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
        version = save_draft(request, shown_form)
    extra_context: dict[str, Any] = {
        "draft_version": version,
        "tab_id": tab_id(request),
        "requested_times": requested_times(request),
        "parsed": shown_form.parsed,
        "refused": refused,
    }
    if not request.htmx:
        return page.render_page(request, endpoint, filled, status=status, **extra_context)
    context = page.form(request, endpoint, filled, oob=True, **extra_context)
    response = render(request, "playground/endpoint/_form_response.html", context, status=status)
    response = reswap(retarget(response, "#fields"), "outerHTML")
    return replace_url(response, _address_without_fill(request, endpoint))


def refuse(
    request: HtmxRequest,
    contents: FormContents,
    why: str | Forbidden,
    status: int = HTTPStatus.FORBIDDEN,
) -> HttpResponse:
    """Show next to the form why its user may not start this; the form keeps its contents."""
    if not request.htmx:
        return redraw(request, contents, FormState(contents.post), status=status, refused=why)
    return _notice(request, contents, {"refused": why}, status)


def show_notice(
    request: HtmxRequest, contents: FormContents, notice: dict[str, Any]
) -> HttpResponse:
    """Show a notice next to the form, which keeps its contents; `notice` is its context."""
    if request.htmx:
        return _notice(request, contents, notice)
    version = save_draft(request, contents)
    state = FormState(contents.post)
    notice |= {"tab_id": tab_id(request), "draft_version": version}
    return page.render_page(request, contents.endpoint, state, **notice)


def _notice(
    request: HtmxRequest,
    contents: FormContents,
    notice: dict[str, Any],
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    context = {"endpoint": contents.endpoint, "oob": True, **notice}
    response = render(request, "playground/endpoint/_notice.html", context, status=status)
    return reswap(response, "none")


def save_draft(request: HtmxRequest, contents: FormContents) -> int:
    """Save the form's contents as the draft; returns the draft's version."""
    tab = parse_tab(request)
    try:
        return drafts.save(request.user, contents, tab)
    except drafts.TooLarge:
        log.info("draft of %s not saved: it is too large", contents.endpoint.endpoint_id)
        return drafts.find(request.user, contents.endpoint, tab).version


def requested_times(request: HttpRequest) -> int:
    """Return how many variations are chosen."""
    return run_costs.times(hidden(request, run_costs.CONTROL))


def _address_without_fill(request: HtmxRequest, endpoint: Endpoint) -> str:
    """Return the page's address without prefill parameters, so that a reload shows the draft."""
    query = parse_qs(urlsplit(request.htmx.current_url or "").query)
    carried = ("shown", current.PARAMETER)
    parameters = {name: query[name][-1] for name in carried if name in query}
    address = endpoint.get_absolute_url()
    return f"{address}?{urlencode(parameters)}" if parameters else address
