"""The URLs of projects."""

from django.urls import path

from projects.views import choice, members, project, rules, settings

app_name = "projects"
# Fixed paths come before slugs; no project has such a slug (`creation.RESERVED`).
urlpatterns = [
    path("", project.index, name="projects"),
    path("new/", project.new, name="new"),
    path("menu/", choice.menu, name="menu"),
    *rules.RULES.urls(),
    path("<str:slug>/", project.project, name="project"),
    path("<str:slug>/choice/", choice.choose, name="project-choice"),
    path("<str:slug>/settings/", settings.settings, name="project-settings"),
    path("<str:slug>/archiving/", settings.archiving, name="project-archiving"),
    path("<str:slug>/recovery/", settings.recovery, name="project-recovery"),
    path("<str:slug>/deletion/", settings.deletion, name="project-deletion"),
    path("<str:slug>/rules/", rules.of_project, name="project-rules"),
    path("<str:slug>/members/", members.add, name="project-members"),
    path("<str:slug>/members/<int:user_id>/", members.role, name="project-member"),
    path(
        "<str:slug>/members/<int:user_id>/removal/", members.removal, name="project-member-removal"
    ),
]

# Below /people/, of the whole house.
HOUSE_RULES = (
    [
        path("", rules.of_house, name="rules"),
    ],
    "rules",
)
