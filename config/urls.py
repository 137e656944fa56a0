"""The URL configuration: sign-in and the admin here, everything else in the apps."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_not_required
from django.templatetags.static import static
from django.urls import include, path
from django.utils.functional import lazy
from django.views.generic import RedirectView

from accounts.profile import views as profile
from accounts.sign_in import views as accounts

handler400 = "core.http.errors.bad_request"
handler403 = "accounts.sign_in.views.permission_denied"
handler500 = "core.http.errors.server_error"
urlpatterns = [
    path("login/", accounts.SignIn.as_view(), name="login"),
    path("login/link/<str:token>/", accounts.link, name="login-link"),
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
    # Requested by browsers on pages without an icon of their own, such as the admin's.
    path(
        "favicon.ico",
        login_not_required(RedirectView.as_view(url=lazy(static, str)("favicon.svg"))),
        name="favicon",
    ),
    path("admin/", admin.site.urls),
    path("compare/", include("boards.urls")),
    path("chats/", include("chats.urls")),
    path("", include("notifications.urls")),
    path("flows/", include("flows.urls")),
    path("training/", include("training.urls")),
    path("", include("api.urls")),
    path("", include("playground.urls")),
    path("", include("catalog.urls")),
]
