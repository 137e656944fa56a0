"""The account page and the forms on it, and the pages of a password reset."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import User
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.limits.addresses import client_address
from accounts.limits.rate_limit import limit
from accounts.limits.throttle import format_wait
from accounts.models import UserSession
from accounts.profile import password_reset, preferences
from accounts.profile.forms import (
    EmailForm,
    NameForm,
    NewPasswordForm,
    ResetForm,
    password_form,
)
from accounts.sessions import active_sessions
from accounts.single_use import stored_session_key
from core.http.htmx import HtmxRequest
from core.http.parameters import parse_uuid

THEMES = {"": "Like the system", "light": "Light", "dark": "Dark"}
YEAR_S = 365 * 24 * 3600


@require_safe
@never_cache
def account(request: HtmxRequest) -> HttpResponse:
    """Show the account page."""
    key = stored_session_key(request.session.session_key)
    if not UserSession.objects.filter(pk=key).exists():
        active_sessions.record_session(request, request.user)
    return _page(request)


def _page(request: HtmxRequest, status: int = HTTPStatus.OK, **forms: Any) -> HttpResponse:
    """Render the account page; `forms` replaces the forms that have errors."""
    person = request.user
    context = {
        "name_form": NameForm(instance=User.objects.get(pk=person.pk)),
        "email_form": EmailForm(request),
        "password_form": password_form(request),
        "has_password": person.has_usable_password(),
        "sessions": active_sessions.list_for_user(person, request.session.session_key),
        "themes": THEMES.items(),
        "shares_runs": preferences.shares_runs(person),
        "sends_mail": password_reset.is_configured(),
    }
    return render(request, "account/account.html", context | forms, status=status)


def _saved(request: HtmxRequest, message: str, section: str) -> HttpResponseBase:
    messages.success(request, message)
    return redirect(f"{reverse('account')}#{section}")


@require_POST
def name(request: HtmxRequest) -> HttpResponseBase:
    """Change first and last name."""
    form = NameForm(request.POST, instance=User.objects.get(pk=request.user.pk))
    if not form.is_valid():
        return _page(request, HTTPStatus.UNPROCESSABLE_ENTITY, name_form=form)
    form.save()
    return _saved(request, "Your name is saved.", "name")


@require_POST
@sensitive_post_parameters()
def email(request: HtmxRequest) -> HttpResponseBase:
    """Change the e-mail address."""
    form = EmailForm(request, request.POST)
    if not form.is_valid():
        return _page(request, HTTPStatus.UNPROCESSABLE_ENTITY, email_form=form)
    form.save()
    return _saved(request, "Your e-mail address is saved.", "email")


@require_POST
@sensitive_post_parameters()
def password(request: HtmxRequest) -> HttpResponseBase:
    """Change the password, which ends every other session."""
    form = password_form(request, request.POST)
    if not form.is_valid():
        return _page(request, HTTPStatus.UNPROCESSABLE_ENTITY, password_form=form)
    person = form.save()
    active_sessions.end_others(person, request.session.session_key)
    update_session_auth_hash(request, person)
    active_sessions.record_session(request, person)
    message = "Your password is changed. Wherever else you were logged in, you no longer are."
    return _saved(request, message, "password")


@require_POST
def theme(request: HtmxRequest) -> HttpResponseBase:
    """Choose light or dark for this browser, or leave it to the system."""
    chosen = request.POST.get("theme", "")
    response = redirect(f"{reverse('account')}#theme")
    if chosen in THEMES and chosen:
        response.set_cookie(settings.THEME_COOKIE_NAME, chosen, max_age=YEAR_S, samesite="Lax")
    else:
        response.delete_cookie(settings.THEME_COOKIE_NAME, samesite="Lax")
    return response


@require_POST
def sharing(request: HtmxRequest) -> HttpResponseBase:
    """Choose who sees new runs."""
    shares = request.POST.get("shares_runs") == "1"
    preferences.set_shares_runs(request.user, shares)
    whom = "the team as examples of their model" if shares else "nobody but you"
    return _saved(request, f"New runs are shown to {whom}.", "runs")


@require_POST
def session_ends(request: HtmxRequest) -> HttpResponseBase:
    """End the posted session, or with `others` every session except this one."""
    if "others" in request.POST:
        count = active_sessions.end_others(request.user, request.session.session_key)
        message = f"{count} other session{'s' * (count != 1)} ended."
        return _saved(request, message, "sessions")
    chosen = parse_uuid(request.POST.get("session", ""))
    is_ended = chosen is not None and active_sessions.end(request.user, chosen)
    message = "The session is ended." if is_ended else "That session has ended already."
    return _saved(request, message, "sessions")


@limit("sign-in")
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def reset(request: HtmxRequest) -> HttpResponseBase:
    """Request a reset link by e-mail; the response does not reveal whether the account exists."""
    form = ResetForm(request.POST or None)
    status, wait_s = HTTPStatus.OK, 0
    if request.method == "POST" and password_reset.is_configured():
        if form.is_valid():
            origin = f"{request.scheme}://{request.get_host()}"
            address = client_address(request)
            wait_s = password_reset.request(form.cleaned_data["email"], origin, address)
            if not wait_s:
                return redirect("password-reset-sent")
            form.add_error("email", TOO_MANY_RESETS.format(format_wait(wait_s)))
        status = HTTPStatus.TOO_MANY_REQUESTS if wait_s else HTTPStatus.UNPROCESSABLE_ENTITY
    context = {"form": form, "sends_mail": password_reset.is_configured()}
    response = render(request, "account/reset.html", context, status=status)
    if wait_s:
        response.headers["Retry-After"] = str(wait_s)
    return response


TOO_MANY_RESETS = "You asked for this too often in a short time. Wait {}, then try again."


@login_not_required
@require_safe
def reset_sent(request: HtmxRequest) -> HttpResponse:
    """Show what to do next."""
    return render(request, "account/reset_sent.html")


@method_decorator(limit("sign-in"), name="dispatch")
@method_decorator(login_not_required, name="dispatch")
class ResetNew(PasswordResetConfirmView):
    """Set a new password by the link in the mail, which ends every session of the account."""

    template_name = "account/reset_new.html"
    form_class = NewPasswordForm
    success_url = reverse_lazy("login")

    def form_valid(self, form: Any) -> HttpResponse:
        """Store the password and redirect to the login page."""
        response = super().form_valid(form)
        active_sessions.end_others(form.user, None)
        messages.success(self.request, "Your password is changed. Log in with it.")
        return response
