"""Creates shares, lists them, and restores ended ones."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from core.formatting import counted
from core.http.caching import no_store
from core.http.parameters import page_number, parse_uuid
from core.http.posts import hidden
from core.refusals import Refused
from features.library import selection
from features.notifications import inbox
from features.sharing.models import Share
from features.sharing.own import making
from features.sharing.views import one_share
from playground.form import share_links

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

LISTED = 50


@require_http_methods(["GET", "HEAD", "POST"])
@no_store
def index(request: HtmxRequest) -> HttpResponse:
    """List the user's shares, or everybody's with `?of=all`; a POST creates one.

    A POST has a selection of results, or the `kind` and `source` of another row, and redirects to
    the share's page, which asks for whom it is. A script gets the same as a dialog.
    """
    return _make(request) if request.method == "POST" else _list(request)


def _make(request: HtmxRequest) -> HttpResponse:
    words = ""
    try:
        if kind := hidden(request, "kind"):
            share = making.share_source(request.user, kind, hidden(request, "source"))
        else:
            share, chosen = making.share_results(request.user, selection.posted(request))
            words = _left_out(chosen)
    except (Refused, making.Refused) as refused:
        return _refuse(request, str(refused))
    if request.htmx:
        return one_share.dialog(request, share, words)
    if words:
        messages.warning(request, words)
    return redirect("sharing:own-share", share.pk)


def _left_out(chosen: selection.Chosen) -> str:
    """Return a sentence about selected results that are not shared; empty if all are."""
    left = chosen.out_of_reach
    words = f"{counted(left, 'selected result')} left out: gone, without a result, or not yours to "
    words = f"{words}share." if left else ""
    if chosen.left_out:
        words += f" {counted(chosen.left_out, 'older run')} left out: a share has its most."
    return words.strip()


def _refuse(request: HtmxRequest, why: str) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if request.htmx:
        return HttpResponse(why, status=status, content_type="text/plain; charset=utf-8")
    return render(request, "features/sharing/refused.html", {"why": why}, status=status)


def _list(request: HtmxRequest) -> HttpResponse:
    may_see_all = making.may_see_all(request.user)
    of_all = may_see_all and request.GET.get("of") == "all"
    rows = making.listed_shares(request.user, of_all=of_all)
    live = rows.live().filter(user__is_active=True)
    ended = rows.exclude(pk__in=live.order_by().values("pk"))
    context = {
        "page": Paginator(live, LISTED).get_page(page_number(request.GET.get("page", ""))),
        "ended": list(ended[:LISTED]),
        "number_ended": ended.count(),
        "may_see_all": may_see_all,
        "of_all": of_all,
        "links": [] if of_all else list(share_links.links_of(request.user)),
        "new": inbox.new_things(request.user, Share),
        "just_ended": parse_uuid(request.GET.get("ended", "")),
    }
    return render(request, "features/sharing/shares.html", context)


@require_POST
def recovery(request: HtmxRequest) -> HttpResponse:
    """Restore the recently ended `share`."""
    pk = parse_uuid(hidden(request, "share"))
    rows = making.endable_shares(request.user).select_related("project")
    share: Share | None = rows.filter(pk=pk).first() if pk else None
    if share is None or not making.bring_back(share, request.user):
        messages.warning(request, "It cannot be brought back any more. Share it anew.")
        return redirect("sharing:shares")
    messages.success(request, f"“{share}” is shared again, at the same address.")
    return redirect("sharing:shares")
