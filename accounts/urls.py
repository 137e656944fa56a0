"""The URLs of sign-in and of the account page; allauth's views at Vitrine's addresses."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account import views as allauth
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.webauthn import views as webauthn
from allauth.usersessions.views import list_usersessions
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, path, re_path

from accounts import mail
from accounts.limits.rate_limit import limit
from accounts.profile import views as profile
from accounts.second_factor import views as second_factor
from accounts.sign_in import views as sign_in
from accounts.sign_in.forms import with_wait
from accounts.sign_in.issuers import connections as issuers
from accounts.sign_in.issuers import views as issuer_views

View = Callable[..., Any]


def _guarded(view: View) -> View:
    """Count the requests of an allauth view towards "sign-in"; forms with errors get 422 or 429."""

    @limit("sign-in")
    @wraps(view)
    def respond(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase = view(request, *args, **kwargs)
        context = getattr(response, "context_data", None) or {}
        for name in ("form", "webauthn_form"):
            form = context.get(name)
            if request.method == "POST" and form is not None and form.errors:
                return with_wait(response, form)
        return response

    return respond


def _allauth_path(route: str, view: View, name: str) -> URLPattern:
    """Return the URL pattern of one of allauth's views."""
    return path(route, _guarded(view), name=name)


SENDS_MAIL = {"sends_mail": mail.sends_links, "missing": mail.missing_for_links}
password_reset = allauth.PasswordResetView.as_view(extra_context=SENDS_MAIL)
email = allauth.EmailView.as_view(extra_context=SENDS_MAIL)

urlpatterns = [
    _allauth_path("login/", sign_in.SignIn.as_view(), "account_login"),
    path("login/link/<str:token>/", sign_in.link, name="login-link"),
    _allauth_path("login/again/", allauth.reauthenticate, "account_reauthenticate"),
    _allauth_path("login/again/code/", mfa.reauthenticate, "mfa_reauthenticate"),
    _allauth_path(
        "login/again/passkey/",
        second_factor.ConfirmByPasskey.as_view(),
        "mfa_reauthenticate_webauthn",
    ),
    _allauth_path("login/again/new/", second_factor.LogInAgain.as_view(), "login-again"),
    _allauth_path("login/step/", second_factor.Step.as_view(), "mfa_authenticate"),
    _allauth_path("login/passkey/", second_factor.PasskeyLogin.as_view(), "mfa_login_webauthn"),
    _allauth_path("login/inactive/", allauth.account_inactive, "account_inactive"),
    _allauth_path("login/join/", allauth.signup, "account_signup"),
    _allauth_path("login/reset/", password_reset, "account_reset_password"),
    _allauth_path("login/reset/sent/", allauth.password_reset_done, "account_reset_password_done"),
    _allauth_path(
        "login/reset/done/",
        allauth.password_reset_from_key_done,
        "account_reset_password_from_key_done",
    ),
    re_path(
        r"^login/reset/(?P<uidb36>[0-9a-z]+)-(?P<key>.+)/$",
        _guarded(allauth.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    _allauth_path(
        "login/email/sent/", allauth.email_verification_sent, "account_email_verification_sent"
    ),
    _allauth_path("login/email/<str:key>/", allauth.confirm_email, "account_confirm_email"),
    path("account/", profile.account, name="account"),
    path("account/name/", profile.name, name="account-name"),
    _allauth_path("account/email/", email, "account_email"),
    _allauth_path("account/password/", allauth.password_change, "account_change_password"),
    _allauth_path("account/password/first/", allauth.password_set, "account_set_password"),
    path("account/theme/", profile.theme, name="account-theme"),
    path("account/sharing/", profile.sharing, name="account-sharing"),
    path("account/file-names/", profile.file_names, name="account-file-names"),
    _allauth_path("account/sessions/", list_usersessions, "usersessions_list"),
    path("account/sessions/deletion/", profile.session_ends, name="account-sessions-deletion"),
    _allauth_path("account/second-factor/", second_factor.Index.as_view(), "mfa_index"),
    _allauth_path(
        "account/second-factor/app/", second_factor.SetUpApp.as_view(), "mfa_activate_totp"
    ),
    _allauth_path(
        "account/second-factor/app/removal/",
        second_factor.RemoveApp.as_view(),
        "mfa_deactivate_totp",
    ),
    _allauth_path(
        "account/second-factor/codes/", second_factor.Codes.as_view(), "mfa_view_recovery_codes"
    ),
    _allauth_path(
        "account/second-factor/codes/new/",
        codes.generate_recovery_codes,
        "mfa_generate_recovery_codes",
    ),
    _allauth_path(
        "account/second-factor/codes/file/",
        codes.download_recovery_codes,
        "mfa_download_recovery_codes",
    ),
    _allauth_path(
        "account/second-factor/passkeys/", second_factor.Passkeys.as_view(), "mfa_list_webauthn"
    ),
    _allauth_path(
        "account/second-factor/passkeys/new/",
        second_factor.AddPasskey.as_view(),
        "mfa_add_webauthn",
    ),
    _allauth_path(
        "account/second-factor/passkeys/<int:pk>/", webauthn.edit_webauthn, "mfa_edit_webauthn"
    ),
    _allauth_path(
        "account/second-factor/passkeys/<int:pk>/removal/",
        second_factor.RemovePasskey.as_view(),
        "mfa_remove_webauthn",
    ),
    path("account/connections/", issuers.connections, name="socialaccount_connections"),
    path(
        "account/connections/disconnection/",
        issuers.disconnection,
        name="account-disconnection",
    ),
    path("account/connections/pending/", issuers.pending_connection, name="account-connection"),
    path("login/with/<slug:issuer>/", issuer_views.begin, name="issuer-login"),
    path("login/with/<slug:issuer>/callback/", issuer_views.complete, name="issuer-callback"),
    path("logout/", allauth.logout, name="account_logout"),
]
