"""The URLs of pages about people."""

from __future__ import annotations

from django.urls import include, path

from house.views import departure, invitations, joining, person
from house.views.private_access import look

app_name = "people"
urlpatterns = [
    path("", person.index, name="people"),
    path("audit/", include("house.audit.urls")),
    path("looks/<str:kind>/<uuid:pk>/", look, name="look"),
    *invitations.INVITATIONS.urls(),
    path("invitations/<str:token>/", joining.invitation, name="invitation"),
    path("invitations/<str:token>/acceptance/", joining.acceptance, name="invitation-acceptance"),
    path("invitations/<str:token>/account/", joining.sign_up, name="invitation-account"),
    path("<int:user_id>/", person.person, name="person"),
    path("<int:user_id>/role/", person.role, name="person-role"),
    path("<int:user_id>/projects/", person.projects, name="person-projects"),
    path(
        "<int:user_id>/projects/<int:project_id>/",
        person.project,
        name="person-project",
    ),
    path(
        "<int:user_id>/projects/<int:project_id>/removal/",
        person.removal,
        name="person-project-removal",
    ),
    path("<int:user_id>/sessions/deletion/", person.session_ends, name="person-sessions-deletion"),
    path(
        "<int:user_id>/second-step/deletion/",
        person.second_step_removal,
        name="person-second-step-deletion",
    ),
    path("<int:user_id>/departure/", departure.departure, name="person-departure"),
    path("<int:user_id>/return/", departure.return_, name="person-return"),
]
