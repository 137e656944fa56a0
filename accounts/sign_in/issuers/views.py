"""The views that send the browser to an issuer and complete the login when it returns."""

from __future__ import annotations

from http import HTTPStatus

from allauth.socialaccount.helpers import complete_social_login
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.contrib.auth.decorators import login_not_required
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.limits.rate_limit import limit
from accounts.sign_in import pending_form
from accounts.sign_in.issuers import from_settings, pages
from accounts.sign_in.issuers.connections import require_recent_login
from accounts.sign_in.issuers.protocol.failures import IssuerFailure, Reason
from accounts.sign_in.issuers.providers import CLASSES, IssuerProvider
from core.http.posts import hidden

# What an issuer sends back instead of a code (RFC 6749, 4.1.2.1; OpenID Connect Core, 3.1.2.6).
REFUSALS = {
    "access_denied": Reason.CANCELLED,
    "login_required": Reason.NOT_SIGNED_IN,
    "interaction_required": Reason.NOT_SIGNED_IN,
    "account_selection_required": Reason.NOT_SIGNED_IN,
    "consent_required": Reason.NOT_SIGNED_IN,
}


@limit("sign-in")
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: HttpRequest, issuer: str) -> HttpResponse:
    """Send the browser to the issuer; a GET only asks, because other sites can cause a GET.

    The response is a page that redirects by itself. Browsers apply `form-action` of our Content
    Security Policy to every redirect after a form, and nobody could list all hosts of an issuer.
    """
    provider = _provider(request, issuer)
    process = hidden(request, "process") or request.GET.get("process")
    context = {"provider": provider, "process": "connect" if process == "connect" else "login"}
    if request.method != "POST":
        return render(request, "socialaccount/login.html", context)
    if process == "connect":
        require_recent_login(request)
    pending_form.move_to_session(request)
    try:
        response = provider.redirect_from_request(request)
    except IssuerFailure as failure:
        return pages.failed(request, provider, failure)
    context["leads_to"] = response.headers["Location"]
    return render(request, "socialaccount/login_redirect.html", context)


@limit("sign-in")
@login_not_required
@never_cache
@require_safe
def complete(request: HttpRequest, issuer: str) -> HttpResponse:
    """Complete the login or the connection that began in this browser."""
    provider = _provider(request, issuer)
    if request.method == "HEAD":
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    try:
        # Before the state, because some issuers send an error without it.
        _require_code(request, provider)
        state = provider.unstash_redirect_state(request, request.GET.get("state", ""))
        login = provider.complete(request, request.GET["code"], state)
        _remember_given(login)
        response: HttpResponse = complete_social_login(request, login)
    except IntegrityError as error:
        failure = IssuerFailure(Reason.BUSY, type(error).__name__)
        return pages.failed(request, provider, failure)
    except IssuerFailure as failure:
        return pages.failed(request, provider, failure)
    if request.user.is_authenticated:
        pending_form.delete_cookie(request, response)
    return response


def _provider(request: HttpRequest, issuer: str) -> IssuerProvider:
    app = from_settings.app_at(issuer)
    if app is None:
        raise Http404("There is no such issuer.")
    return CLASSES[app.provider](request, app)


def _require_code(request: HttpRequest, provider: IssuerProvider) -> None:
    """Raise IssuerFailure unless the issuer sent the browser back with a code."""
    error = request.GET.get("error", "")
    if error:
        reason = REFUSALS.get(error, Reason.BROKEN)
        word = error[:40] if error.isidentifier() else "error"
        raise IssuerFailure(reason, f"sent back with {word}")
    # RFC 9207: another issuer's answer must not be redeemed at this one.
    sender = request.GET.get("iss", provider.sub_id).rstrip("/")
    if provider.names_itself and sender != provider.sub_id:
        raise IssuerFailure(Reason.UNTRUSTED, "sent back by another issuer")
    if not request.GET.get("code"):
        raise IssuerFailure(Reason.BROKEN, "sent back without a code")


def _remember_given(login: SocialLogin) -> None:
    """Copy what the claims gave at the last sign-in, to compare it with the new claims."""
    key = {"provider": login.account.provider, "uid": login.account.uid}
    before = SocialAccount.objects.filter(**key).values_list("extra_data", flat=True).first()
    if isinstance(before, dict) and "given" in before:
        login.account.extra_data["given"] = before["given"]
