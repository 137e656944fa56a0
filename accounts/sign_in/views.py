"""Sign-in by password and by the link that `manage.py up` prints."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.views import LoginView
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.limits.rate_limit import limit
from accounts.sign_in import local_owner, login_links, pending_form
from accounts.sign_in.forms import SignInForm
from core.http.caching import no_store
from core.http.posts import hidden


class SignIn(LoginView):
    """The login page; carries a pending form along, also through failed attempts."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Move the pending form to the session, which outlives a second step, and log in."""
        pending_form.move_to_session(self.request)
        response: HttpResponse = super().form_valid(form)
        pending_form.delete_cookie(self.request, response)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the pending form's signed text."""
        pending = hidden(self.request, pending_form.FIELD)
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"typed": pending}


@no_store
def login_required(
    request: HttpRequest, back_to: str, value: dict[str, Any] | None
) -> HttpResponse:
    """Answer a form that was posted without a login with the login page and status 401.

    After the login the person is redirected to `back_to`, where the form is filled in with `value`.
    None means that the form is too large to be carried along.
    """
    context = {
        "form": SignInForm(request=request),
        "redirect_field_name": "next",
        "redirect_field_value": back_to,
        "typed": pending_form.sign(value) if value else "",
        "is_too_large": value is None,
    }
    response = render(request, "account/login.html", context, status=401)
    if value:
        pending_form.set_cookie(response, value)
    return response


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's `handler403`: a page, or plain text for htmx."""
    message = str(exception) or "You may not do this."
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(message, status=403, content_type="text/plain; charset=utf-8")
    return render(request, "403.html", {"reason": message}, status=403)


@limit("sign-in")
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest, token: str) -> HttpResponse:
    """Show a button that logs the owner in by a single-use link; a POST uses the link.

    A GET, such as a messenger's preview or a prefetch, does not use it up.
    """
    is_used = request.method == "POST"
    user = login_links.redeem(token) if is_used else login_links.owner_of(token)
    if user is None:
        return render(request, "link_expired.html", status=403)
    if not is_used:
        return render(request, "account/link.html", {"person": user})
    login(request, user)
    is_owner = user.get_username() == local_owner.NAME
    record_authentication(request, user, method="link", is_local_owner=is_owner)
    response = redirect("catalog:front")
    pending_form.move_to_session(request)
    pending_form.delete_cookie(request, response)
    return response
