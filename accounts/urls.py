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
from django.urls import path, re_path

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


SENDS_MAIL = {"sends_mail": mail.is_configured}
password_reset = allauth.PasswordResetView.as_view(extra_context=SENDS_MAIL)
email = allauth.EmailView.as_view(extra_context=SENDS_MAIL)

urlpatterns = [
    path("login/", _guarded(sign_in.SignIn.as_view()), name="account_login"),
    path("login/link/<str:token>/", sign_in.link, name="login-link"),
    path("login/again/", _guarded(allauth.reauthenticate), name="account_reauthenticate"),
    path("login/again/code/", _guarded(mfa.reauthenticate), name="mfa_reauthenticate"),
    path(
        "login/again/passkey/",
        _guarded(second_factor.ConfirmByPasskey.as_view()),
        name="mfa_reauthenticate_webauthn",
    ),
    path("login/again/new/", _guarded(second_factor.LogInAgain.as_view()), name="login-again"),
    path("login/step/", _guarded(second_factor.Step.as_view()), name="mfa_authenticate"),
    path(
        "login/passkey/",
        _guarded(second_factor.PasskeyLogin.as_view()),
        name="mfa_login_webauthn",
    ),
    path("login/inactive/", _guarded(allauth.account_inactive), name="account_inactive"),
    path("login/join/", _guarded(allauth.signup), name="account_signup"),
    path("login/reset/", _guarded(password_reset), name="account_reset_password"),
    path(
        "login/reset/sent/",
        _guarded(allauth.password_reset_done),
        name="account_reset_password_done",
    ),
    path(
        "login/reset/done/",
        _guarded(allauth.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^login/reset/(?P<uidb36>[0-9a-z]+)-(?P<key>.+)/$",
        _guarded(allauth.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path(
        "login/email/sent/",
        _guarded(allauth.email_verification_sent),
        name="account_email_verification_sent",
    ),
    path("login/email/<str:key>/", _guarded(allauth.confirm_email), name="account_confirm_email"),
    path("account/", profile.account, name="account"),
    path("account/name/", profile.name, name="account-name"),
    path("account/email/", _guarded(email), name="account_email"),
    path("account/password/", _guarded(allauth.password_change), name="account_change_password"),
    path("account/password/first/", _guarded(allauth.password_set), name="account_set_password"),
    path("account/theme/", profile.theme, name="account-theme"),
    path("account/sharing/", profile.sharing, name="account-sharing"),
    path("account/sessions/", _guarded(list_usersessions), name="usersessions_list"),
    path("account/sessions/deletion/", profile.session_ends, name="account-sessions-deletion"),
    path("account/second-factor/", _guarded(second_factor.Index.as_view()), name="mfa_index"),
    path(
        "account/second-factor/app/",
        _guarded(second_factor.SetUpApp.as_view()),
        name="mfa_activate_totp",
    ),
    path(
        "account/second-factor/app/removal/",
        _guarded(second_factor.RemoveApp.as_view()),
        name="mfa_deactivate_totp",
    ),
    path(
        "account/second-factor/codes/",
        _guarded(second_factor.Codes.as_view()),
        name="mfa_view_recovery_codes",
    ),
    path(
        "account/second-factor/codes/new/",
        _guarded(codes.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "account/second-factor/codes/file/",
        _guarded(codes.download_recovery_codes),
        name="mfa_download_recovery_codes",
    ),
    path(
        "account/second-factor/passkeys/",
        _guarded(second_factor.Passkeys.as_view()),
        name="mfa_list_webauthn",
    ),
    path(
        "account/second-factor/passkeys/new/",
        _guarded(second_factor.AddPasskey.as_view()),
        name="mfa_add_webauthn",
    ),
    path(
        "account/second-factor/passkeys/<int:pk>/",
        _guarded(webauthn.edit_webauthn),
        name="mfa_edit_webauthn",
    ),
    path(
        "account/second-factor/passkeys/<int:pk>/removal/",
        _guarded(second_factor.RemovePasskey.as_view()),
        name="mfa_remove_webauthn",
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
