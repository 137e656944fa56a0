"""One model: its form, its code, its schema, its runs."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.db.models import BigAutoField, CharField, Exists, OuterRef
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods, require_safe

from catalog.models import Endpoint
from catalog.prepared import Prepared, Slot
from playground import about, history
from playground.form import drafts, filling, sources
from playground.form.filling import Filled, Post
from playground.models import Draft, Preset, Run
from playground.views import form, page
from playground.views.runs import HtmxRequest

TYPED = "typed"  # session: what somebody posted whose login had run out
HOUSE_DEFAULT = Preset.objects.house_defaults().filter(endpoint=OuterRef("pk"))
MOST_TYPED = 1 << 20  # characters: whoever is not logged in fills no disk


@login_not_required  # answers itself, so that a lost session loses nothing that was typed
@require_http_methods(["GET", "HEAD", "POST"])
def endpoint(request: HtmxRequest, endpoint_id: str) -> HttpResponseBase:
    """The model's page; a POST is its form, sent or changed."""
    found = _found(request, endpoint_id)
    if not request.user.is_authenticated:
        return _log_in_again(request, found)
    if request.method == "POST":
        return form.answer(request, found)
    return _page(request, found)


def _found(request: HtmxRequest, endpoint_id: str) -> Endpoint:
    """The model with what its page shows of it; a Run in place draws no page, and is not to wait for that."""
    if request.htmx and request.method == "POST" and request.POST.get("~do", "run") in {"", "run"}:
        found = _BARE.first(endpoint_id=endpoint_id)
    else:
        found = _SHOWN.first(endpoint_id=endpoint_id, user=request.user.pk or 0)
    if found is None:
        raise Http404
    return found


_BARE = Prepared(lambda: Endpoint.objects.filter(endpoint_id=Slot("endpoint_id", CharField())))
_SHOWN = Prepared(
    lambda: (
        Endpoint.objects.with_favourites_of(Slot("user", BigAutoField()))
        .select_related("picture")
        .annotate(has_house_default=Exists(HOUSE_DEFAULT))
        .filter(endpoint_id=Slot("endpoint_id", CharField()))
    )
)


@require_safe
def strip(request: HtmxRequest, endpoint_id: str) -> HttpResponse:
    """The film strip of a model's page; nothing for who has its newest run."""
    found = get_object_or_404(Endpoint.objects.only("endpoint_id"), endpoint_id=endpoint_id)
    rows = page.strip(request, found)
    if request.GET.get("newest") == history.newest(rows):
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    context = {"endpoint": found, "strip": rows}
    return render(request, "playground/endpoint/_strip.html", context)


def _page(request: HtmxRequest, found: Endpoint) -> HttpResponse:
    tab = request.GET.get("tab", "playground")
    if tab == "schema":
        return page.whole(request, found, Filled({}), tab=tab, **filling.tables(found))
    if tab == "about":
        return page.whole(request, found, Filled({}), tab=tab, **about.context(request.user, found))
    if tab == "runs":
        return page.whole(request, found, Filled({}), tab=tab, **_runs(request, found))
    draft, filled, is_filled = _opened(request, found)
    if tab == "api":
        return page.whole(request, found, filled, tab=tab, **filling.code(found, filled.post))
    return page.whole(request, found, filled, draft_version=draft.version, is_filled=is_filled)


def _runs(request: HtmxRequest, found: Endpoint) -> dict[str, Any]:
    runs = list(Run.objects.visible_to(request.user).filter(endpoint=found).recent()[:48])
    return {"rows": [history.row(run) for run in runs], "since": history.since(runs)}


def _opened(request: HtmxRequest, found: Endpoint) -> tuple[Draft, Filled, bool]:
    """The draft; what the form holds; whether that is something else than the draft."""
    typed = request.session.get(TYPED, {})
    if typed.get("endpoint") == found.endpoint_id:
        del request.session[TYPED]
        drafts.keep(request.user, found, typed["post"], drafts.Tab(), is_forced=True)
        words = "You had been logged out. Here is what you typed; go on from here."
        return drafts.find(request.user, found), Filled(typed["post"], words), False
    draft = drafts.find(request.user, found)
    filled = _from_address(request, found)
    if filled is None and not draft.post and (house := form.house(request, found)):
        return draft, house, False
    if filled is None:
        return draft, _as_left(request, draft), False
    has_other = bool(draft.post) and draft.post != filled.post
    if has_other:
        words = filled.notice or "What the link holds is filled in."
        filled = replace(filled, notice=words, undo="Back to what you had typed")
    return draft, filled, True


def _as_left(request: HtmxRequest, draft: Draft) -> Filled:
    if drafts.has_other(draft) or _is_of_other_run(request, draft):
        words = "Another tab had something else in this form. It is kept."
        return Filled(draft.post, words, undo="Show that")
    return drafts.carried(draft)


def _is_of_other_run(request: HtmxRequest, draft: Draft) -> bool:
    """Whether another tab's Run took the draft from the one that shows a run of what was put aside then."""
    aside = drafts.taken(draft)
    run = page.shown(request, request.GET.get("shown", "")) if aside else None
    if aside is None or run is None or run.endpoint_id != draft.endpoint.pk:
        return False
    return filling.readable(draft.endpoint, aside) == (run.arguments, [])


def _from_address(request: HtmxRequest, found: Endpoint) -> Filled | None:
    if text := request.GET.get("input"):
        return filling.from_text(found, text)
    for kind in sources.KINDS:
        if key := request.GET.get(kind):
            filled = sources.fill(request.user, found, f"{kind}:{key}")
            if filled:
                return filled
            return replace(_as_left(request, drafts.find(request.user, found)), notice=_GONE[kind])
    return None


_GONE = {
    "preset": "That preset is gone, or it is not shared with you.",
    "run": "That run is not here, or it is somebody else's.",
    "saved": "That link leads nowhere: it is mistyped, or what it held is gone.",
    "example": "This model has no example of its own any more.",
}


def remember(request: HtmxRequest, found: Endpoint, post: Post) -> None:
    """Keep in the session what somebody typed whose login had run out, for after the next login."""
    if drafts.size(post) <= MOST_TYPED:
        typed: Any = {"endpoint": found.endpoint_id, "post": post}
        request.session[TYPED] = typed


def _log_in_again(request: HtmxRequest, found: Endpoint) -> HttpResponseBase:
    """To the login page, with what was posted kept for afterwards; a page that htmx sent from stays, and says so."""
    if request.method == "POST":
        remember(request, found, form.controls(request))
    if request.htmx:
        return HttpResponse(status=HTTPStatus.UNAUTHORIZED)
    is_post = request.method == "POST"
    return redirect_to_login(found.get_absolute_url() if is_post else request.get_full_path())
