"""The user's API tokens: create, list, revoke, restore."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from api import tokens
from api.models import Token
from api.reach import OutOfReach, Reach, reach_of
from core.http.caching import no_store
from core.http.posts import hidden

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

LIFETIMES = [("30", "30 days"), ("90", "90 days"), ("365", "A year"), ("", "Never")]
DEFAULT_LIFETIME = "90"


@require_http_methods(["GET", "HEAD", "POST"])
@no_store  # the page of a new token contains it
def index(request: HtmxRequest) -> HttpResponse:
    """List the user's tokens; a POST creates one and shows it once."""
    if request.method == "POST":
        return _create(request)
    return _page(request)


@sensitive_variables("secret", "more")
def _create(request: HtmxRequest) -> HttpResponse:
    name, days = request.POST.get("name", ""), request.POST.get("days", "")
    scopes, slug = request.POST.getlist("scope"), hidden(request, "project")
    typed = {"name": name, "scopes": scopes, "days": days, "project": slug}
    try:
        if days and not (days.isdecimal() and len(days) < 6):
            raise ValueError("Choose when the token expires.")
        lifetime = int(days) if days else None
        project = reach_of(request.user, None, slug).named
        token, secret = tokens.create(
            request.user, name, scopes, lifetime, by=request.user, project=project
        )
    except OutOfReach:
        error = "You are not a member of this project. Choose another one."
        return _page(request, status=422, error=error, typed=typed)
    except ValueError as error:
        return _page(request, status=422, error=str(error), typed=typed)
    return _page(request, secret=secret, created=token)


def _page(request: HtmxRequest, status: int = 200, **more: Any) -> HttpResponse:
    mine = Token.objects.filter(user=request.user, revoked_at=None).select_related("project")
    projects = Reach(request.user).projects
    lately = timezone.now() - tokens.UNDO_WITHIN
    revoked = Token.objects.filter(user=request.user, revoked_at__gt=lately, revoked_by=None)
    context = {
        "tokens": list(mine),
        "own_projects": projects,
        "project_ids": {project.pk for project in projects},
        "revoked": revoked.order_by("-revoked_at").first(),
        "scopes": tokens.SCOPES.items(),
        "lifetimes": LIFETIMES,
        "typed": {"scopes": tokens.DEFAULT_SCOPES, "days": DEFAULT_LIFETIME},
        "address": request.build_absolute_uri("/").rstrip("/"),
    }
    return render(request, "api/tokens.html", context | more, status=status)


@require_POST
def revocation(request: HtmxRequest, pk: int) -> HttpResponseBase:
    """Revoke a token at once; the page offers to undo that for an hour."""
    tokens.revoke(get_object_or_404(Token, user=request.user, pk=pk))
    return redirect("api:tokens")


@require_POST
def recovery(request: HtmxRequest, pk: int) -> HttpResponseBase:
    """Undo a revocation."""
    token = get_object_or_404(Token, user=request.user, pk=pk)
    try:
        tokens.restore(token)
    except ValueError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"“{token.name}” is valid again.")
    return redirect("api:tokens")
