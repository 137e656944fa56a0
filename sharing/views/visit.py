"""A share as its visitors see it."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.hashers import check_password
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from sharing import access, items
from sharing.access import Visit, for_visitors
from sharing.kinds.table import kind_of
from sharing.models import Share

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

WRONG = "That is not the password. Ask whoever sent you the link."


@require_safe
@for_visitors
def share(request: HtmxRequest, visit: Visit) -> HttpResponse:
    """Show what is shared."""
    shared, kind = visit.share, kind_of(visit.share)
    if shared.follows and (keys := kind.results(shared)) is not None:
        items.keep_in_step(shared, keys)
    context = {
        "visit": visit,
        "share": shared,
        "template": kind.template,
        "styles": kind.styles,
        "items": items.of(shared),
        **kind.context(visit),
    }
    return render(request, "sharing/share.html", context)


@require_POST
@login_not_required
def password(request: HtmxRequest, token: str) -> HttpResponse:
    """Take the password of a share; the browser remembers that it was right."""
    shared = Share.objects.with_token(token).select_related("user", "project").first()
    if shared is None:
        raise Http404(access.UNKNOWN)
    if not check_password(request.POST.get("password", ""), shared.password):
        context = {"share": shared, "problem": WRONG}
        return render(
            request, "sharing/password.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY
        )
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
