"""A share as its visitors see it, and each of its items on a page of its own."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.hashers import check_password
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from accounts.limits import throttle
from accounts.limits.rate_limit import limit
from core.http.addresses import absolute
from core.http.client_addresses import client_address
from core.http.downloads import download
from core.http.posts import hidden, is_posted
from features.sharing import access, items
from features.sharing.access import Visit, for_visitors
from features.sharing.kinds.table import kind_of
from features.sharing.models import Share
from features.sharing.review import reading
from features.sharing.reviewers import reviewer_of
from features.sharing.views.previews import is_previewed
from features.sharing.views.review import pages as review_pages
from features.sharing.visits import archive as archives
from features.sharing.visits import asked_rows, counting, tiles
from runs.files.media import mesh_viewer
from runs.models import Artifact
from runs.views import files

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

WRONG = "That is not the password. Ask the person who sent you the link."
WAIT = "The password was wrong too often. Wait {}, then try again."
NO_DOWNLOAD = "Nothing can be downloaded here."


@require_safe
@for_visitors
def share(request: HtmxRequest, visit: Visit) -> HttpResponse:
    """Show a share; if it asks only for opinions, show the page that takes them.

    `?as=share` shows it like any other share, with models and settings unless it hides them.
    """
    if visit.share.opens_review and request.GET.get("as") != "share":
        response = review_pages.show(request, visit, _addresses(request, visit.share))
    else:
        response = render_share(request, visit)
    counting.count(request, response, visit)
    return response


def render_share(
    request: HtmxRequest,
    visit: Visit,
    extra_context: Mapping[str, Any] | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    """Return the share's page; `extra_context` is the context of a refused form."""
    shared, kind = visit.share, kind_of(visit.share)
    if shared.follows and (keys := kind.results(shared)) is not None:
        items.keep_in_step(shared, keys)
    views = items.items_of(shared)
    context = {
        "visit": visit,
        "share": shared,
        "template": kind.template,
        "styles": kind.styles,
        "items": views,
        "tiles": tiles.tiles_of(views),
        "may_take_all": shared.allows_download and any(view.artifact for view in views),
        **_addresses(request, shared),
        **kind.context(visit),
        **asked_rows.context(request, visit),
        **(extra_context or {}),
    }
    return render(request, "features/sharing/share.html", context, status=status)


def _addresses(request: HtmxRequest, shared: Share) -> dict[str, str]:
    """Return the absolute addresses that previews need; empty if previews are not allowed."""
    if not is_previewed(shared):
        return {}
    return {
        "address": absolute(request, shared.get_absolute_url()),
        "picture": absolute(request, reverse("sharing:share-preview", args=[shared.token])),
    }


@limit("archive")
@require_POST
@for_visitors
def archive(request: HtmxRequest, visit: Visit) -> HttpResponseBase:
    """Send the files as one ZIP, if the share offers them: all, or with `picked` the own picks."""
    if not visit.share.allows_download:
        raise Http404(NO_DOWNLOAD)
    views = items.items_of(visit.share)
    if is_posted(request, "picked"):
        tiles_picked = reading.tiles(visit.share, reviewer_of(request, visit))
        views = [tile.shown for tile in tiles_picked if tile.choice.is_picked]
    stream = archives.stream(visit.share, views)
    return download(stream, archives.name_of(visit.share))


@require_POST
@login_not_required
def password(request: HtmxRequest, token: str) -> HttpResponseBase:
    """Check the password of a share; a cookie remembers that it was right.

    Tries are throttled like a login's, by client address and by share.
    """
    shared = access.share_at(token)
    if shared is None:
        return access.unknown(request)
    if refusal_page := access.refusal_to_all(request, shared):
        return refusal_page
    name, client = f"share {shared.pk}", client_address(request)
    if wait_s := throttle.record_attempt(name, client):
        wait_in_words = WAIT.format(throttle.format_wait(wait_s))
        return _asked_again(request, shared, wait_in_words, HTTPStatus.TOO_MANY_REQUESTS)
    if shared.password and not check_password(hidden(request, "password"), shared.password):
        return _asked_again(request, shared, WRONG, HTTPStatus.UNPROCESSABLE_ENTITY)
    throttle.record_success(name, client)
    response = redirect(shared)
    response.set_cookie(
        access.password_cookie(shared),
        access.password_proof(shared),
        path=shared.get_absolute_url(),
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    return response


def _asked_again(
    request: HtmxRequest, shared: Share, problem: str, status: HTTPStatus
) -> HttpResponse:
    context = {"share": shared, "problem": problem}
    return render(request, "features/sharing/password.html", context, status=status)


@require_safe
@login_not_required
def unknown(request: HtmxRequest, rest: str) -> HttpResponseBase:
    """Answer an address below `/s/` of which nothing is known, as a wrong token."""
    return access.unknown(request)


@require_safe
@for_visitors
def item(request: HtmxRequest, visit: Visit, number: int) -> HttpResponse:
    """Show an item with links to its neighbours; a script gets only the item."""
    views = items.items_of(visit.share)
    at = next((at for at, view in enumerate(views) if view.item.number == number), None)
    if at is None:
        raise Http404(items.GONE)
    (tile,) = tiles.tiles_of([items.with_making(views[at])])
    context = {
        "visit": visit,
        "share": visit.share,
        "tile": tile,
        "place": at + 1,
        "count": len(views),
        "before": views[at - 1].item.number if at else None,
        "after": views[at + 1].item.number if at + 1 < len(views) else None,
    }
    template = "features/sharing/_item.html" if request.htmx else "features/sharing/item.html"
    return render(request, template, context)


@require_safe
@xframe_options_sameorigin
@for_visitors
def mesh(request: HtmxRequest, visit: Visit, number: int) -> HttpResponseBase:
    """Serve a 3D model in a viewer for a sandboxed frame, which cannot make requests."""
    artifact = items.artifact_of(visit.share, items.item_at(visit.share, number))
    if artifact is None or artifact.kind != "mesh" or artifact.state == Artifact.State.LOST:
        raise Http404(items.GONE)
    if artifact.state == Artifact.State.REMOTE:
        template = "playground/artifacts/viewer_loading.html"
        return render(request, template, status=HTTPStatus.ACCEPTED)
    name = mesh_viewer.page_name(artifact.file)
    response = files.from_storage(name, mesh_viewer.UNSHOWN, lambda: files.mesh_page(name))
    response.headers["Cache-Control"] = "private, no-cache"
    return response
