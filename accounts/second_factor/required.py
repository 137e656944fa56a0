"""Middleware: redirects people who need a second factor and have none to its set-up page.

SECOND_FACTOR says who needs one (`sessions/strength.py`). Requests by API token have no session and
pass.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from allauth.mfa.models import Authenticator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.deprecation import MiddlewareMixin

from accounts.sessions import strength
from accounts.sessions.strength import Missing

SAFE = frozenset({"GET", "HEAD"})
DESTINATION = "second_factor_next"  # in the session: where the person wanted to go
# The views that such a session may still request. A session that lacks only the step must not reach
# the pages that add a factor: a password would be enough there.
OPEN = {
    Missing.FACTOR: frozenset(
        {
            *("account_logout", "account_reauthenticate", "login-again"),
            *("mfa_index", "mfa_activate_totp", "mfa_list_webauthn", "mfa_add_webauthn"),
            *("account_set_password", "account-theme"),
        }
    ),
    Missing.STEP: frozenset(
        {"account_logout", "mfa_reauthenticate", "mfa_reauthenticate_webauthn"}
    ),
}
WORDS = {
    Missing.FACTOR: "Your account must have a second step. Set one up, then go on.",
    Missing.STEP: "You logged in without your second step. Confirm it, then go on.",
}


class SecondFactorRequired(MiddlewareMixin):
    """Lets a session pass only if it is as strong as SECOND_FACTOR requires."""

    async_capable = False  # it is called in the thread of the view, as all of ours are

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """Return a redirect or a refusal if the session is too weak for the view, else None."""
        is_public = not getattr(view, "login_required", True)
        if is_public or getattr(request, "api_token", None) is not None:
            return None
        missing = strength.missing(request, request.user)
        name = request.resolver_match.view_name if request.resolver_match else ""
        if missing is None or name in OPEN[missing]:
            return None
        return _refuse(request, missing)


def pop_destination(request: HttpRequest) -> str:
    """Remove and return the URL from which the person was redirected; empty if there is none."""
    return str(request.session.pop(DESTINATION, ""))


def _refuse(request: HttpRequest, missing: Missing) -> HttpResponseBase:
    """Redirect a page to where the missing factor is set up or used; 403 for other requests."""
    page_address, message = _page_for(request, missing), WORDS[missing]
    if request.headers.get("HX-Request") == "true":
        text = "text/plain; charset=utf-8"
        return HttpResponse(message, status=HTTPStatus.FORBIDDEN, content_type=text)
    if request.headers.get("Sec-Fetch-Dest") == "empty":
        return JsonResponse({"error": message}, status=HTTPStatus.FORBIDDEN)
    if request.method not in SAFE:
        context = {"reason": message, "second_step_url": page_address}
        return render(request, "mfa/required.html", context, status=HTTPStatus.FORBIDDEN)
    if missing is Missing.FACTOR:
        request.session[DESTINATION] = request.get_full_path()
    return redirect(page_address)


def _page_for(request: HttpRequest, missing: Missing) -> str:
    if missing is Missing.FACTOR:
        return reverse("mfa_index")
    page = "mfa_reauthenticate" if _has_app(request) else "mfa_reauthenticate_webauthn"
    destination = request.get_full_path() if request.method in SAFE else "/"
    return f"{reverse(page)}?{urlencode({'next': destination})}"


def _has_app(request: HttpRequest) -> bool:
    own = Authenticator.objects.filter(user_id=request.user.pk)
    return own.filter(type=Authenticator.Type.TOTP).exists()
