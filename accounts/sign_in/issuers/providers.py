"""allauth's providers at our URLs, and how each identifies the person who has logged in."""

from __future__ import annotations

import secrets
from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.base.provider import ProviderAccount
from allauth.socialaccount.providers.oauth2.client import OAuth2Client
from allauth.socialaccount.providers.oauth2.provider import OAuth2Provider
from allauth.socialaccount.providers.oauth2.views import OAuth2Adapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode

from accounts.sign_in.issuers import from_settings
from accounts.sign_in.issuers.protocol import claims, github, openid
from accounts.sign_in.issuers.protocol.claims import Identity
from accounts.sign_in.issuers.protocol.failures import IssuerFailure, Reason

State = dict[str, Any]


class IssuerAccount(ProviderAccount):
    """An account at an issuer, with the name that pages show."""

    def to_str(self) -> str:
        """Return the account's name (`configured.name_there`)."""
        return from_settings.name_there(self.account)


class AddressBuilder(OAuth2Client):
    """Builds the URL at which a person logs in, even if the issuer's URL has a query string."""

    def get_redirect_url(self, authorization_url: str, scope: Any, extra_params: Any) -> str:
        """Return the issuer's URL with the parameters of this login."""
        base, _, query = authorization_url.partition("?")
        address: str = super().get_redirect_url(base, scope, extra_params)
        return f"{address}&{query}" if query else address


class Endpoints(OAuth2Adapter):
    """The URLs from which allauth builds the address to which it sends the browser."""

    client_class = AddressBuilder

    def __init__(self, request: HttpRequest, authorize_url: str, callback: str) -> None:
        super().__init__(request)
        self.authorize_url = authorize_url
        self.access_token_url = ""  # we ask there ourselves
        self._callback = callback

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        """Return the URL to which the issuer sends the browser back."""
        return request.build_absolute_uri(self._callback)


class IssuerProvider(OAuth2Provider):
    """An issuer: allauth's provider with our URLs and PKCE; takes nothing from a query string."""

    account_class = IssuerAccount
    pkce_enabled_default = True
    names_itself = False  # whether its response has `iss` (RFC 9207)

    def __init__(self, request: HttpRequest, app: SocialApp) -> None:
        super().__init__(request, app=app)
        self.name = app.name

    @property
    def slug_in_addresses(self) -> str:
        """Return the issuer's name in our URLs."""
        return str(self.app.settings["slug"])

    def get_login_url(self, request: HttpRequest, **kwargs: Any) -> str:
        """Return the URL at which a login begins."""
        address = reverse("issuer-login", args=[self.slug_in_addresses])
        return f"{address}?{urlencode(kwargs)}" if kwargs else address

    def get_callback_url(self) -> str:
        """Return the path to which the issuer sends the browser back."""
        return reverse("issuer-callback", args=[self.slug_in_addresses])

    def get_oauth2_adapter(self, request: HttpRequest) -> Endpoints:
        """Return the issuer's endpoints; asks an OpenID Connect issuer for them."""
        return Endpoints(request, self.find_authorize_url(), self.get_callback_url())

    def get_redirect_from_request_kwargs(self, request: HttpRequest) -> dict[str, Any]:
        """Return the arguments of a login, whose process is to log in or to connect."""
        kwargs: dict[str, Any] = super().get_redirect_from_request_kwargs(request)
        if kwargs["process"] != AuthProcess.CONNECT:
            kwargs["process"] = AuthProcess.LOGIN
        return kwargs

    def get_scope_from_request(self, request: HttpRequest) -> list[str]:
        """Return the scopes of the settings; a query cannot ask for more."""
        scopes: list[str] = self.get_scope()  # type: ignore[no-untyped-call]
        return scopes

    def get_auth_params_from_request(self, request: HttpRequest, action: str) -> dict[str, str]:
        """Return the settings' parameters; a query cannot add any."""
        return dict(self.get_auth_params())  # type: ignore[no-untyped-call]

    def serialize(self) -> dict[str, Any]:
        """Return what a session stores of the provider: its issuer, which is unique."""
        return {"id": self.sub_id}

    def unstash_redirect_state(self, request: HttpRequest, state_id: str) -> State:
        """Return the state of a login once; raises IssuerFailure if there is none."""
        try:
            state: State = super().unstash_redirect_state(request, state_id)
        except PermissionDenied as error:
            raise IssuerFailure(Reason.EXPIRED, "unknown state") from error
        return state

    def complete(self, request: HttpRequest, code: str, state: State) -> SocialLogin:
        """Return the login that a code stands for; raises IssuerFailure."""
        identity = self.identify(code, state, request.build_absolute_uri(self.get_callback_url()))
        login: SocialLogin = self.sociallogin_from_response(request, identity)
        login.state = state
        return login

    def find_authorize_url(self) -> str:
        """Return the URL at which the person logs in; raises IssuerFailure."""
        raise NotImplementedError

    def identify(self, code: str, state: State, callback: str) -> Identity:
        """Exchange a code for the person's identity; raises IssuerFailure."""
        raise NotImplementedError

    def extract_uid(self, data: Identity) -> str:
        """Return the subject."""
        return data.subject

    def extract_extra_data(self, data: Identity) -> dict[str, Any]:
        """Return what an account stores: names to show, and claims for roles and projects."""
        return {
            "name": data.name,
            "username": data.username,
            "email": data.email,
            "is_verified": data.is_verified,
            "role_values": None if data.role_values is None else [*data.role_values],
            "project_values": None if data.project_values is None else [*data.project_values],
        }

    def extract_common_fields(self, data: Identity) -> dict[str, Any]:
        """Return the values for a new account."""
        return {
            "email": data.email,
            "username": data.username,
            "name": data.name,
            "first_name": data.first_name,
            "last_name": data.last_name,
        }

    def extract_email_addresses(self, data: Identity) -> list[EmailAddress]:
        """Return the e-mail address; it counts as verified if the issuer says so."""
        if not data.email:
            return []
        return [EmailAddress(email=data.email, verified=data.is_verified, primary=True)]


class OpenIDProvider(IssuerProvider):
    """An OpenID Connect issuer; a nonce binds its ID token to one login."""

    id = "openid_connect"
    name = "OpenID Connect"
    names_itself = True

    def get_default_scope(self) -> list[str]:
        """Return the scopes that name a person and their address."""
        return ["openid", "profile", "email"]

    def redirect(
        self,
        request: HttpRequest,
        process: str,
        next_url: str | None = None,
        data: Any = None,
        **kwargs: Any,
    ) -> HttpResponse:
        """Send the browser to the issuer, with a nonce that the ID token must repeat."""
        nonce = secrets.token_urlsafe(32)
        kwargs["auth_params"] = {**(kwargs.get("auth_params") or {}), "nonce": nonce}
        response: HttpResponse = super().redirect(
            request, process, next_url, data, nonce=nonce, **kwargs
        )
        return response

    def find_authorize_url(self) -> str:
        """Return the URL at which the person logs in, from the issuer's configuration."""
        return openid.discover(self.app).authorization_endpoint

    def identify(self, code: str, state: State, callback: str) -> Identity:
        """Return the person from a verified ID token."""
        verifier, nonce = str(state.get("pkce_code_verifier")), str(state.get("nonce"))
        claim_values = openid.redeem(self.app, code, verifier, nonce, callback)
        return claims.read(claim_values, self.app.settings)


class GitHubProvider(IssuerProvider):
    """GitHub, or a GitHub Enterprise server: OAuth 2 and an API, with no ID token to verify."""

    id = "github"
    name = "GitHub"

    def get_default_scope(self) -> list[str]:
        """Return the scope that shows the person's addresses."""
        return ["user:email"]

    def find_authorize_url(self) -> str:
        """Return the URL at which the person logs in."""
        return github.authorize_url(self.app)

    def identify(self, code: str, state: State, callback: str) -> Identity:
        """Return the person from GitHub's API."""
        return github.redeem(self.app, code, str(state.get("pkce_code_verifier")), callback)


class RetiredProvider(IssuerProvider):
    """An issuer that the settings no longer name: its accounts are shown and can be removed."""

    id = "retired"
    name = "Retired"


CLASSES: dict[str, type[IssuerProvider]] = {
    provider.id: provider for provider in (OpenIDProvider, GitHubProvider, RetiredProvider)
}
