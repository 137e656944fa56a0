"""Every address of Vitrine; the apps own what stands below theirs."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path

from config import owner

urlpatterns = [
    path("login/", auth.LoginView.as_view(template_name="login.html"), name="login"),
    path("login/link/<str:token>/", owner.link, name="login-link"),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("admin/", admin.site.urls),
    path("", include("playground.urls")),
    path("", include("catalog.urls")),
]
