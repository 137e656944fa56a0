"""The addresses of the library."""

from __future__ import annotations

from django.urls import path

from library.views import archives, likeness

app_name = "library"
urlpatterns = [
    path("runs/archives/", archives.archives, name="archives"),
    path("runs/<uuid:pk>/artifacts/<int:position>/like/", likeness.like, name="artifact-like"),
]
