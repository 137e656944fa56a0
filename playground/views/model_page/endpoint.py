"""The page of one model: its form, its code with the schema, and facts about it."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts import permissions
from accounts.limits.rate_limit import limit
from accounts.sign_in import pending_form
from catalog.models import Endpoint
from catalog.models.querysets import CATALOGUE_ONLY
from core.http.caching import no_store
from core.http.htmx import HtmxRequest
from core.http.posts import BUTTON, hidden
from playground.display import about
from playground.form import drafts, form_state
from playground.form.form_state import FormContents, FormState
from playground.form.prefill import sources
from playground.form.prefill.place_of_run import in_place_of_run
from playground.views.model_page import filling, form, page, posted_form
from runs.models import Draft

PENDING_KEY = pending_form.SESSION_KEY  # the form posted after the session had expired
TAB_QUERY = "draft"  # a tab's own id, if the cookie names another tab
NO_TAB = "none"


@limit("run")
@login_not_required  # handles logged-out requests itself, so that a posted form is not lost
@require_http_methods(["GET", "HEAD", "POST"])
def endpoint(request: HtmxRequest, endpoint_id: str) -> HttpResponseBase:
    """Show the model's page; a POST submits or changes its form."""
    endpoint = _load_endpoint(request, endpoint_id)
    if not request.user.is_authenticated:
        return posted_form.require_login(request, endpoint)
    if request.method == "POST":
        return posted_form.answer(request, endpoint, form.submit)
    return _render_tab(request, endpoint)


def _load_endpoint(request: HtmxRequest, endpoint_id: str) -> Endpoint:
    """Load the model with the columns that its page shows; raises Http404.

    A Run by htmx renders no page, so its query skips what only the page needs.
    """
    if request.htmx and request.method == "POST" and hidden(request, BUTTON, "run") in {"", "run"}:
        rows: QuerySet[Endpoint] = Endpoint.objects.defer(*CATALOGUE_ONLY)
    else:
        rows = posted_form.rows_of_page(request)
    return get_object_or_404(rows, endpoint_id=endpoint_id)


@require_http_methods(["GET", "HEAD", "POST"])
@no_store
def tries(request: HtmxRequest, endpoint_id: str) -> HttpResponse:
    """Render the tries of a model's page; 204 if `?newest` is still the newest run.

    A POST pins the run in `pin`, or none.
    """
    endpoint = get_object_or_404(Endpoint.objects.only("endpoint_id"), endpoint_id=endpoint_id)
    if request.method == "POST":
        page.pin_try(request, hidden(request, "pin"))
        if not request.htmx:
            return redirect(f"{endpoint.get_absolute_url()}#tries")
    latest = page.my_latest(request)
    if latest and request.GET.get("newest") == str(latest[0].pk):
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    return page.render_tries(request, endpoint, latest)


@in_place_of_run
def _render_tab(request: HtmxRequest, endpoint: Endpoint) -> HttpResponseBase:
    tab = request.GET.get("tab", "playground")
    if tab == "runs":
        return redirect(_address_of_runs(request, endpoint))
    if tab == "about":
        return page.render_page(
            request, endpoint, FormState({}), tab=tab, **about.context(request, endpoint)
        )
    if request.htmx and request.htmx.target == "stage":
        return page.render_stage(request, endpoint)
    draft, filled, is_filled = _initial_state(request, endpoint)
    if tab in {"api", "schema"}:
        snippets = form_state.code_snippets(endpoint, filled.post, request.GET.get("way", ""))
        return page.render_page(
            request, endpoint, filled, tab="api", **snippets, **form_state.schema_tables(endpoint)
        )
    return page.render_page(
        request,
        endpoint,
        filled,
        tab_id=draft.tab or page.new_tab_id(),
        draft_version=draft.version,
        is_filled=is_filled,
        drawn_for=tab_in_front(request).id or NO_TAB,
    )


def _address_of_runs(request: HtmxRequest, endpoint: Endpoint) -> str:
    """Return the address of the model's runs, which used to be a tab of its page."""
    query = request.GET.copy()
    words = f"model:{endpoint.endpoint_id}"
    if query.pop("whose", None) and permissions.may_see_runs(request.user):
        words += " by:everybody"
    query.pop("tab", None)
    query["q"] = words
    return f"{reverse('library:runs')}?{query.urlencode()}"


def _initial_state(request: HtmxRequest, endpoint: Endpoint) -> tuple[Draft, FormState, bool]:
    """Return the draft, what the form shows, and whether that differs from the draft."""
    pending = request.session.get(PENDING_KEY, {})
    if pending.get("endpoint") == endpoint.endpoint_id:
        del request.session[PENDING_KEY]
        notice = "You had been logged out. Here is what you typed."
        drafts.save(request.user, FormContents(endpoint, pending["post"]), tab_in_front(request))
        draft = drafts.find(request.user, endpoint, tab_in_front(request))
        return draft, FormState(pending["post"], notice), False
    draft = drafts.find(request.user, endpoint, tab_in_front(request))
    filled = _state_from_query(request, endpoint)
    if (
        filled is None
        and not draft.post
        and (house := filling.house_default_state(request, endpoint))
    ):
        return draft, house, False
    if filled is None:
        return draft, _draft_state(request, draft), False
    has_other = bool(draft.post) and draft.post != filled.post
    if has_other:
        notice = filled.notice or "The link's input is filled in."
        filled = replace(filled, notice=notice, undo="Back to what you had typed")
    return draft, filled, True


def tab_in_front(request: HtmxRequest) -> drafts.Tab:
    """Return the requesting browser tab: the script of the tab in front sets its id as a cookie.

    A tab that was drawn with another tab's draft asks again by an address with its own id.
    """
    tab = request.GET.get(TAB_QUERY) or request.COOKIES.get(settings.TAB_COOKIE_NAME, "")
    return drafts.Tab("".join(filter(str.isprintable, tab))[:64])


def _draft_state(request: HtmxRequest, draft: Draft) -> FormState:
    filled = drafts.current_state(draft)
    is_own = draft.tab == tab_in_front(request).id
    if is_own or filled.notice or not drafts.other_draft(request.user, draft.endpoint, draft):
        return filled
    notice = "This form has other contents in another tab."
    return replace(filled, notice=notice, has_other_draft=True)


def _state_from_query(request: HtmxRequest, endpoint: Endpoint) -> FormState | None:
    if text := request.GET.get("input"):
        return form_state.from_text(endpoint, text)
    for kind in sources.link_kinds():
        if key := request.GET.get(kind):
            filled = sources.fill(request.user, endpoint, f"{kind}:{key}")
            if filled:
                return filled
            draft = drafts.find(request.user, endpoint, tab_in_front(request))
            return replace(_draft_state(request, draft), notice=_SOURCE_MISSING.get(kind, _GONE))
    return None


_GONE = "The settings that this link points to no longer exist, or they are somebody else's."
_SOURCE_MISSING = {
    "preset": "That preset is gone, or it is not shared with you.",
    "run": "That run does not exist, or it is somebody else's.",
    "saved": "That link does not work: it is mistyped, or its input was deleted.",
    "example": "This model no longer has an example.",
    "seed": "The seed of that run is not known, or the run is somebody else's.",
    "use": "That result no longer exists, or it is somebody else's.",
}
