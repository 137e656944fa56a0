"""Every address of Vitrine; the apps own what stands below theirs."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_not_required
from django.templatetags.static import static
from django.urls import include, path
from django.utils.functional import lazy
from django.views.generic import RedirectView

from config import owner

handler500 = "config.errors.answer"
urlpatterns = [
    path("login/", auth.LoginView.as_view(template_name="login.html"), name="login"),
    path("login/link/<str:token>/", owner.link, name="login-link"),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    # What browsers ask for by themselves on pages that are not ours, such as the admin's.
    path(
        "favicon.ico",
        login_not_required(RedirectView.as_view(url=lazy(static, str)("favicon.svg"))),
    ),
    path("admin/", admin.site.urls),
    path("", include("playground.urls")),
    path("", include("catalog.urls")),
]
