"""The URL configuration: every app's addresses, and those of the site itself."""

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.templatetags.static import static
from django.urls import include, path
from django.utils.functional import lazy
from django.views.generic import RedirectView

from core.resource import undo
from projects.urls import HOUSE_RULES

handler400 = "core.http.errors.bad_request"
handler403 = "accounts.sign_in.views.permission_denied"
handler404 = "config.gone.page_not_found"
handler500 = "core.http.errors.server_error"
# In the order of how often they are requested, since each is tried in turn: the API and pages that
# poll come first.
urlpatterns = [
    path("", include("api.urls")),
    path("", include("features.retirement.urls")),
    path("", include("playground.urls")),
    path("", include("catalog.urls")),
    path("", include("house.operations.urls")),
    path("compare/", include("features.boards.urls")),
    path("flows/", include("features.flows.urls")),
    path("", include("features.library.urls")),
    path("spend/", include("features.spending.urls")),
    path("prices/", RedirectView.as_view(pattern_name="playground:leaderboard"), name="prices"),
    path("", include("features.sharing.urls")),
    path("projects/", include("projects.urls")),
    path("people/rules/", include(HOUSE_RULES)),
    path("people/", include("house.urls")),
    path("", include("features.notifications.urls")),
    path("", include("accounts.urls")),
    path("", include("api.oauth.urls")),
    path("undo/<slug:slug>/<str:key>/", undo, name="undo"),
    path("admin/", admin.site.urls),
    # Requested by browsers on pages without an icon of their own, such as the admin's.
    path(
        "favicon.ico",
        login_not_required(RedirectView.as_view(url=lazy(static, str)("favicon.svg"))),
        name="favicon",
    ),
]
