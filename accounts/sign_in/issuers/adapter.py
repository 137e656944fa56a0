"""allauth's adapter for issuers: which issuers exist, and who may log in by one."""

from __future__ import annotations

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.base.provider import Provider
from django.http import HttpRequest

from accounts.sign_in.issuers import from_settings, new_accounts, pages, pending
from accounts.sign_in.issuers.protocol.failures import IssuerFailure
from accounts.sign_in.issuers.providers import CLASSES, IssuerProvider, RetiredProvider


class SocialAdapter(DefaultSocialAccountAdapter):
    """allauth's adapter: issuers by settings alone, and our rules for accounts."""

    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """Return the issuers of the settings, without a query: the database has none."""
        return [app for app in from_settings.apps() if provider in (None, app.provider_id)]

    def list_providers(self, request: HttpRequest) -> list[Provider]:
        """Return the providers for which the login page has a button."""
        return [CLASSES[app.provider](request, app) for app in from_settings.apps()]

    def get_provider(
        self, request: HttpRequest, provider: str, client_id: str | None = None
    ) -> IssuerProvider:
        """Return the provider of an issuer by its address, even if the settings dropped it."""
        if app := from_settings.app_of(provider):
            return CLASSES[app.provider](request, app)
        name = from_settings.name_of(provider)
        return RetiredProvider(request, SocialApp(provider="", provider_id=provider, name=name))

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Create an account if the person has none and may have one; else end with a page.

        A login with the e-mail address of an existing account waits until its owner logs in.
        """
        if sociallogin.is_existing or sociallogin.state.get("process") == AuthProcess.CONNECT:
            return
        provider = sociallogin.provider
        try:
            if owners := new_accounts.owners_of(sociallogin):
                new_accounts.require_open(owners)
                pending.keep(request, sociallogin)
                raise ImmediateHttpResponse(pages.address_taken(request, provider))
            sociallogin.account = new_accounts.create(request, sociallogin)
            sociallogin.user = sociallogin.account.user
        except IssuerFailure as failure:
            raise ImmediateHttpResponse(pages.failed(request, provider, failure)) from failure

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Return False: `new_accounts` creates accounts before allauth would ask."""
        return False
