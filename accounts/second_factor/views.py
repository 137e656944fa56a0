"""allauth's views of the second factor, with our additional context and refusals."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from allauth.core.internal.httpkit import authenticated_user
from allauth.mfa.base.views import AuthenticateView, IndexView
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.views import (
    AddWebAuthnView,
    ListWebAuthnView,
    LoginWebAuthnView,
    ReauthenticateWebAuthnView,
    RemoveWebAuthnView,
)
from django.http import HttpRequest, HttpResponse
from django.views.generic import TemplateView
from django.views.generic.base import ContextMixin

from accounts.second_factor import factors, origins, required
from accounts.sign_in import pending_form, reauthentication

GROUP = 4  # characters of a secret that are typed in one go


class _OffersPasskeys(ContextMixin):
    """Adds the reason why passkeys do not work at this address, if they do not."""

    request: HttpRequest

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the sentence; empty if they work."""
        return super().get_context_data(**kwargs) | {"obstacle": origins.obstacle(self.request)}


class Index(_OffersPasskeys, IndexView):
    """Lists the person's second factors."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the person's factors."""
        own = factors.load(authenticated_user(self.request))
        return super().get_context_data(**kwargs) | {"factors": own}


class Step(_OffersPasskeys, AuthenticateView):
    """The second step of a login."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the person's factors."""
        own = factors.load(self.stage.login.user)
        return super().get_context_data(**kwargs) | {"factors": own}


class SetUpApp(ActivateTOTPView):
    """Sets up the authenticator app."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the secret in groups, for people who type it."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        secret = context["form"].secret
        groups = [secret[start : start + GROUP] for start in range(0, len(secret), GROUP)]
        return context | {"secret_groups": " ".join(groups)}


class Codes(ViewRecoveryCodesView):
    """The recovery codes that are left."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the page that the person requested before they had to set up a second step."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"go_on": required.pop_destination(self.request)}


class AddPasskey(_OffersPasskeys, AddWebAuthnView):
    """Adds a passkey."""


class Passkeys(_OffersPasskeys, ListWebAuthnView):
    """Lists the person's passkeys."""

    ordering = "created_at"


class _RefusesLast:
    """Refuses to remove the last factor of a person who must have one, with 403."""

    request: HttpRequest

    def factor(self) -> Authenticator:
        """Return the factor to remove."""
        raise NotImplementedError

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add why it may not be removed; empty if it may."""
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        is_last = factors.is_last_required(self.factor())
        return context | {"refusal": factors.LAST if is_last else ""}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Remove it, or show why not."""
        if factors.is_last_required(self.factor()):
            page: HttpResponse = self.get(request, *args, **kwargs)  # type: ignore[attr-defined]
            page.status_code = HTTPStatus.FORBIDDEN
            return page
        response: HttpResponse = super().post(request, *args, **kwargs)  # type: ignore[misc]
        return response


class RemoveApp(_RefusesLast, DeactivateTOTPView):
    """Removes the authenticator app."""

    def factor(self) -> Authenticator:
        """Return the app's row."""
        return self.authenticator


class RemovePasskey(_RefusesLast, RemoveWebAuthnView):
    """Removes a passkey."""

    def factor(self) -> Authenticator:
        """Return the passkey's row; raises Http404 for one that is not the person's."""
        passkey: Authenticator = self.get_object()
        return passkey


class PasskeyLogin(LoginWebAuthnView):
    """Logs in by passkey alone; carries a pending form along."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Keep the pending form in the session, and log in."""
        pending_form.move_to_session(self.request)
        response: HttpResponse = super().form_valid(form)
        pending_form.delete_cookie(self.request, response)
        return response


class ConfirmByPasskey(_OffersPasskeys, ReauthenticateWebAuthnView):
    """A passkey that confirms who is logged in."""

    def form_invalid(self, form: Any) -> HttpResponse:
        """Show the page again, with the error; allauth would redirect to the login page."""
        response: HttpResponse = self.render_to_response(self.get_context_data(form=form))
        return response


class LogInAgain(TemplateView):
    """For people without password and second factor: a new login is their confirmation."""

    template_name = "account/log_in_again.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add how the person logged in, and where a new login leads."""
        return super().get_context_data(**kwargs) | reauthentication.way_back(self.request)
