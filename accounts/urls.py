"""The URLs of sign-in and of the account page."""

from __future__ import annotations

from django.contrib.auth import views as auth
from django.urls import path

from accounts.profile import views as profile
from accounts.sign_in import views as sign_in

urlpatterns = [
    path("login/", sign_in.SignIn.as_view(), name="login"),
    path("login/link/<str:token>/", sign_in.link, name="login-link"),
    path("login/reset/", profile.reset, name="password-reset"),
    path("login/reset/sent/", profile.reset_sent, name="password-reset-sent"),
    path(
        "login/reset/<str:uidb64>/<str:token>/",
        profile.ResetNew.as_view(),
        name="password-reset-new",
    ),
    path("account/", profile.account, name="account"),
    path("account/name/", profile.name, name="account-name"),
    path("account/email/", profile.email, name="account-email"),
    path("account/password/", profile.password, name="account-password"),
    path("account/theme/", profile.theme, name="account-theme"),
    path("account/sharing/", profile.sharing, name="account-sharing"),
    path("account/sessions/deletion/", profile.session_ends, name="account-sessions-deletion"),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
]
