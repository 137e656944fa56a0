"""The addresses of projects."""

from django.urls import path

from projects.views import project

app_name = "projects"
urlpatterns = [
    path("", project.index, name="projects"),
    path("<str:slug>/", project.project, name="project"),
]
